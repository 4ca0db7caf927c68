"""What systems call the roles, in Japanese and English: they only propose, they never decide."""

import re
from functools import cache

from analysis.exports.text import same

# role -> headers, the surest first; (EXPORTS: seen in real exports) and what administrators write themselves.
ROLES: dict[str, str] = {
    "user_id": """ユーザーID ユーザID 利用者ID ログインID ログイン名 アカウントID アカウント 会員番号 社員番号 社員ID 社員コード 従業員番号 従業員ID
        従業員コード 職員番号 担当者ID 担当者コード 利用者番号 ユーザー ユーザーコード ユーザコード ユーザー名 ID 社員No 利用者コード ユーザーNo
        User_ID UserID User Login_ID LoginID Login_Name Login Username User_Principal_Name Account_ID Account
        Employee_ID Employee_Number Staff_ID Email_Address_[Required] Member_ID uid userid""",
    "valid_from": """利用開始日 有効開始日 開始日 利用開始 有効開始 登録日 アカウント作成日 作成日 発行日 入社日 着任日 利用開始日時 登録日時
        Valid_From Start_Date Account_created_(UTC) Account_created Created Created_at Hire_Date Registered""",
    "valid_to": """利用終了日 有効終了日 終了日 有効期限 利用終了 有効終了 利用停止日 停止日 退職日 退会日 削除日 失効日 無効化日 解約日
        Valid_To End_Date Deactivated_date_(UTC) Deactivated Deleted_Date Expires Expiration Expiry_Date expiration-timestamp""",
    "status": """状態 使用状態 ステータス 利用状態 アカウント状態 会員ステータス 会員ステータス(名称) 有効 有効/無効 有効無効 利用区分 在籍区分 在籍状況
        利用状況 アカウントステータス Status Status_[READ_ONLY] State Account_Status Active Enabled billing-active""",
    "occurred_at": """日時 ログイン日時 操作日時 利用日時 アクセス日時 発生日時 実行日時 記録日時 タイムスタンプ 登録日時 作成日時 受付日時 問い合わせ日時
        お問い合わせ日時 最終ログイン日時 最終ログイン 最終利用日時 最終アクセス日時 参加時間 日付 利用日 ログイン日 操作日 受付日 問い合わせ日
        お問い合わせ日 発生日 登録日 作成日 受信日時 受信日 閲覧日時 ダウンロード日時 注文日時 受注日時 注文日 受注日 InvoiceDate
        Occurred_At Login_Time Login_Date Timestamp Date_(UTC) Datetime Date/Time Date_Time Time Date Event_Time CreatedDateTime Created_at
        Created Last_Sign_In_[READ_ONLY] Last_Activity_Date Last_active_(UTC) Last_Login Accessed_At Activity_Date""",
    "activity": """操作 操作内容 操作種別 イベント名 イベント 利用種別 利用内容 行動 アクション 処理 処理内容 操作名 機能 機能名 種別 区分 内容
        Activity Event Event_name Action Operation Login_Type Type Application""",
    "amount": """金額 売上金額 売上 注文金額 受注金額 購入金額 明細金額 価格 税込金額 税抜金額 合計金額 合計 請求金額 商品合計金額 商談金額 契約金額 見積金額 見込金額 月額 月額料金 月額(円) 年額
        Amount Line_Total Lineitem_price Price Sales Revenue Total Deal_Amount Deal_Value Close_Value Opportunity_Amount Opportunity_Amount_USD Contract_Value MRR Monthly_Fee""",
    "customer_id": """顧客ID 顧客コード 顧客番号 得意先コード 得意先ID 取引先コード 取引先ID 会員ID 会員番号 お客様番号 お客様ID お客さまID お客さま番号
        店舗コード 店舗ID 取引先名 取引先名称 会社名 顧客名 得意先名
        Customer_ID CustomerID Customer_No Customer_Number Client_ID Account_ID Account_Name Company_Name Requester_id""",
    "ordered_at": """注文日時 受注日時 注文日 受注日 購入日時 購入日 売上日 請求日 発生日 日付 日時 計上日
        Ordered_At Order_Date InvoiceDate Invoice_Date Purchase_Date Created_at Paid_at Created_(UTC) Created_date_(UTC) Date""",
    "order_id": """注文ID 注文番号 受注番号 受注ID 伝票番号 請求書番号 管理番号 購入番号
        Order_ID Order_Number Order_No InvoiceNo Invoice_No Invoice_ID""",
    "product_code": """商品コード 商品ID 商品番号 商品管理番号 品番 品目コード 製品コード 製品番号 SKU JANコード JAN
        Product_Code Product_ID StockCode Lineitem_sku Item_Code""",
    "product_name": """商品名 商品名称 品名 品目名 製品名 製品名称 商品タイトル 商品・サービス名 品目 アイテム名
        Product_Name Lineitem_name Item_Name Product_Title Product_Description Item_Description Description Item Product""",
    "quantity": "数量 個数 注文数 受注数 点数 購入数 Quantity Qty Lineitem_quantity Units",
    "category": """カテゴリー カテゴリ 分類 種別 区分 問い合わせ種別 お問い合わせ種別 問い合わせ区分 お問い合わせ区分 問い合わせ分類 カテゴリー名 課題タイプ 用件
        Category Type Ticket_type Issue_Type Topic""",
    "source": "経路 受付経路 流入元 チャネル 媒体 問い合わせ経路 受付方法 リードソース 購入元 主リードソース 獲得経路 商談経路 商談のきっかけ きっかけ Source Channel Via Lead_Source Original_Source Original_Traffic_Source",
    "deal_id": """商談ID 商談番号 商談コード 商談No 商談管理番号 取引ID 案件ID 案件番号 案件コード 案件No 見込み客番号 商談名 取引名 案件名 レコード番号
        Deal_ID Opportunity_ID Opportunity_Number Record_ID Deal_Number Deal_Name Opportunity_Name Deal Opportunity Record_number ID""",
    "phase": """フェーズ 商談フェーズ 商談ステージ 取引ステージ 営業フェーズ 営業ステージ ステージ 商談状況 商談ステータス 案件フェーズ 案件ステータス
        進捗フェーズ 進捗 進捗状況 受注確度 ステータス 状態
        Stage Deal_Stage Opportunity_Stage Sales_Stage Phase Pipeline_Stage StageName Opportunity_Result Opportunity_Status Deal_Status Status""",
    "owner": """担当者 営業担当者 営業担当 担当営業 担当 商談_所有者 商談所有者 取引担当者 案件担当者 所有者 主担当 主担当者 担当者名 営業担当者名 制作担当 作業者
        Owner Opportunity_Owner Deal_owner Deal_Owner_Name Record_Owner Sales_Rep Sales_Representative Sales_Agent Assigned_To Assignee Account_Manager Agent""",
    "created_at": """作成日 作成日時 商談作成日 商談開始日 商談発生日 案件発生日 発生日 登録日 登録日時 起票日 受付日 初回接触日 開始日
        Created_Date Create_Date Created_at Created_On Created Date_Created Created_Date/Time Opened_Date Open_Date Engage_Date Start_Date""",
    "closed_at": """完了日 クローズ日 決着日 成約日 商談終了日 商談完了日 受注/失注日 受注・失注日 受注失注日 終了日 受注日 成立日 完了予定日 クローズ予定日 受注予定日
        Closed_Date Close_Date Closed_at Closed_On Date_Closed Won/Lost_Date Closed Expected_Close_Date""",
    "lost_reason": """失注理由 失注要因 失注原因 失注理由区分 失注種別 失注区分 失注理由詳細 受注/失注理由 受注/失注理由詳細 受失注理由 敗因 不成立理由 見送り理由
        Lost_Reason Loss_Reason Closed_Lost_Reason Reason_Lost Reason_for_Loss Loss_Category""",
    "term_start": """契約開始日 契約期間開始日 契約期間(開始) 契約期間(自) 契約開始 契約期間開始 契約始期 契約開始年月日 期間開始日 更新開始日 開始日 契約日
        Contract_Start_Date Contract_Start Term_Start Term_Start_Date Current_Period_Start_(UTC) Current_Period_Start Subscription_Start_Date
        Subscription_Start Period_Start Effective_Date Start_Date Start_Date_(UTC)""",
    "term_end": """契約終了日 契約満了日 契約期間終了日 契約期間(終了) 契約期間(至) 契約終了 契約期間終了 契約終期 契約満期日 満了日 契約期限 契約終了年月日 期間終了日 終了日 有効期限
        Contract_End_Date Contract_End Term_End Term_End_Date Current_Period_End_(UTC) Current_Period_End Subscription_End_Date
        Subscription_End Period_End Expiration_Date Expiry_Date End_Date Ended_At_(UTC)""",
    "plan": """プラン 契約プラン プラン名 料金プラン ご利用プラン 利用プラン コース コース名 契約コース 契約種別 契約内容 契約商品
        Plan Plan_Name Subscription_Plan Pricing_Plan Tier Package""",
    "outcome": """更新結果 契約結果 更新/解約 更新・解約 継続/解約 継続・解約 更新区分 継続区分 更新状況 更新状態 結果 契約状態 契約状況 契約ステータス 状態 ステータス
        Outcome Renewal_Outcome Renewal_Status Renewed Contract_Status Subscription_Status Result Status""",
    "churn_reason": """解約理由 解約要因 解約理由区分 契約終了理由 終了理由 非更新理由 不更新理由 退会理由 離脱理由
        Churn_Reason Cancellation_Reason Cancel_Reason Reason_for_Cancellation Cancelled_Reason End_Reason""",
    "case_id": """案件番号 案件ID 案件No 案件コード 管理番号 制作番号 ケース番号 ケースID 進行番号 依頼番号 課題キー チケット番号 チケットID 申請番号 申込番号 受付番号
        整理番号 企画番号 原稿番号 レコード番号 課題ID キー 案件名 No. № 番号
        Case_ID CaseID Case case:concept:name case_concept:name Case_Number Incident_ID Issue_key Ticket_ID Ticket_Number Request_ID Job_ID Project_ID Record_number Key ID""",
    "step": """工程 工程名 作業工程 ステップ 段階 進捗 進捗状況 進行状況 フェーズ ステータス 対応状況 状態 変更後 変更後のステータス 変更後ステータス 作業
        Step Step_Name Stage Phase To_Stage concept:name event_concept:name Activity ActivityID Activity_Name Task New_Value New_Status Status State""",
    "entered_at": """開始日時 着手日時 移行日時 変更日時 ステータス変更日時 工程開始日時 完了日時 更新日時 日時 工程開始日 着手日 移行日 変更日 開始日 日付 タイムスタンプ
        Entered_At Entered Start_Time Start_Timestamp time:timestamp event_time:timestamp Complete_Timestamp CompleteTimestamp Timestamp Changed_At Edit_Date Last_Modified_Date Last_Modified Date/Time Time Date""",
    "customer_name": """取引先名 取引先名称 得意先名 得意先名称 顧客名 顧客名称 お客様名 お客さま名 会社名 企業名 法人名 店舗名 店名 会員名 会員氏名 顧客氏名
        購入者名 注文者名 氏名 取引先
        Customer_Name Account_Name Company_Name Company Client_Name Customer Account Client Store_Name Billing_Name""",
    "unit_price": """単価 販売単価 商品単価 価格 販売価格 税抜単価 税込単価 単価(税込) 単価(税抜) 単価(円)
        Unit_Price UnitPrice Lineitem_price Price Item_Price""",
    "currency": "通貨 通貨コード 通貨単位 Currency Currency_Code CurrencyIsoCode Amount_Currency",
    "text": "内容 本文 問い合わせ内容 お問い合わせ内容 件名 質問 質問内容 コメント 備考 Text Body Message Subject Description Comment",
    # What a role is called in one kind of table beside what it is called in all.
    "orders.status": """受注状態 受注ステータス 注文ステータス 注文状態 注文状況 受注状況 対応状況(名称) 対応状況 伝票区分 取引区分 売上区分 受注区分 売上返品区分 返品区分
        出荷状態 出荷ステータス 発送状況 ステータス名 ステータス 状態 キャンセル キャンセル区分
        Order_Status Financial_Status Status State Fulfillment_Status Transaction_Type""",
    "orders.customer_id": "注文者メールアドレス メールアドレス(請求先) 購入者メールアドレス 注文者_メールアドレス メールアドレス Email Customer_Email",
    "deals.customer_id": "Account Company Client Associated_Company Customer",
    "customers.customer_id": "レコードID レコード番号 Record_ID Record_ID_-_Company Company_ID Company_Code",
    "orders.owner": "受注担当者 受注担当 売上担当者 販売担当者 販売担当 Salesperson Sales_Person Sales_Representative Sold_By",
    "customers.owner": "自社担当者 自社担当 取引先責任者 取引先_所有者 取引先所有者 Account_Owner Customer_Owner Company_owner Contact_owner Salesperson",
    "visits.owner": "訪問者 訪問担当者 訪問担当 活動者 活動担当者 対応者 対応担当者 面談者 架電者 報告者 Visitor Visited_By Caller Salesperson Activity_assigned_to",
    "visits.occurred_at": """訪問日時 訪問日 面談日時 面談日 商談日時 商談日 活動日時 活動日 接触日時 接触日 架電日時 架電日 通話日時 対応日時 対応日 来店日時 来店日
        閲覧日時 閲覧日 検索日時 検索日 実施日時 実施日 Visited_At Visit_Date Visit_Time Call_Date Meeting_Date Activity_Date Contacted_At Viewed_At Searched_At""",
    "visits.category": """目的 訪問目的 訪問種別 訪問区分 活動種別 活動区分 活動内容 活動目的 面談種別 接触方法 対応方法 行動 アクション 種別 区分
        Purpose Visit_Type Activity_Type Call_Type Contact_Type Action Event""",
    "targets.metric": "指標 目標項目 目標の項目 指標名 KPI KPI名 ステージ ステージ名 項目 Metric KPI_Name Measure Indicator Stage Stage_Name",
    "targets.period": "期間 対象期間 目標期間 年月 対象月 対象年月 年度 対象年度 月 期 Period Target_Period Month Quarter Fiscal_Year Year",
    "targets.target": "目標 目標値 目標率 目標(%) 目標割合 目標数値 計画値 Target Target_Value Goal Target_Rate Target_(%) Goal_(%)",
}

# What the name of a file or of a sheet tells about the kind of its rows.
FILE_WORDS: dict[str, str] = {
    "users": r"ユーザー?一覧|利用者一覧|利用者|ユーザー?|名簿|アカウント|会員一覧|社員|職員|users?|roster|members?|accounts?",
    "activity": r"ログイン|利用履歴|アクセス|操作|履歴|ログ|ダウンロード|log(?:in|on)?s?|activity|access|audit|sign-?ins?|usage",
    "customers": r"顧客|得意先|取引先|お客さま|お客様|customers?|clients?",
    "orders": r"注文|受注|売上|購買|購入|明細|orders?|sales|invoices?|purchases?",
    "inquiries": r"問い?合わ?せ|苦情|クレーム|inquir(?:y|ies)|tickets?|complaints?|support",
    "visits": r"訪問|来店|面談|営業活動|活動履歴|活動報告|日報|架電|コール履歴|閲覧|検索|visits?|calls?|meetings?|(?:page )?views?|search(?:es)?",
    "deals": r"商談|案件|パイプライン|deals?|opportunit(?:y|ies)|pipeline",
    "contracts": r"契約|contracts?|subscriptions?",
    "targets": r"目標|targets?|goals?|kpi",
    "cases": r"進行|進捗|工程|制作|プロセス|案件|cases?|workflow|process|production|steps",
}

# What was done, where a log has no column that says so but its name or its headers do.
ACTIVITIES = {
    "login": re.compile(r"ログイン|サインイン|ログオン|log-?\s?in|log-?\s?on|sign-?\s?in"),
    "order": re.compile(r"注文|受注|発注|order"),
    "inquiry": re.compile(r"問い?合わ?せ|inquir|ticket"),
    "download": re.compile(r"ダウンロード|download"),
}
ASKED = re.compile(r"問い?合わ?せ|受付|相談|苦情|クレーム|inquir|ticket|complain|support|request")
MET = re.compile(
    r"訪問|来店|面談|接触|架電|通話|営業活動|活動(?:日|者|担当|種別|履歴|報告)|日報|閲覧|検索|\b(?:visit|call|meeting|page ?view|view|search)"
)
OWNED = re.compile(r"(?:account|company|customer) owner|取引先 ?所有者|自社担当")
# Money of a whole order, which its lines repeat: never a line's amount where the line has a price and a quantity.
OF_ORDER = re.compile(r"^(?:小計|合計|総合計|合計金額|支払合計|請求金額|商品合計金額|(?:sub)?total)$")
# A code of a customer in a list of accounts, as against a name, or the account's own number.
CUSTOMER_CODE = re.compile(
    r"(?:顧客|得意先|取引先|お客[様さ]ま?|契約先|customer|client) ?_?(?:id|コード|番号|no\.?|code|number)$"
)
# A date of a list that tells no step: planned, of the row itself, or the last or next of many.
NO_STEP = re.compile(
    r"予定|予想|見込|期限|期日|締切|〆切|納期|^次回|^(?:作成|登録|更新|変更|出力|取得|生年|誕生)"
    r"|最終(?:更新|変更|利用|ログイン|アクセス|接触|活動|訪問|連絡|対応|行動)"
    r"|\b(?:due|plan(?:ned)?|expected|scheduled|forecast|target|deadline|next|last|latest|updated|modified|created?|birth)\b"
)
LAST = re.compile(r"最終|最後|\blast\b")


@cache
def headers(role: str) -> dict[str, int]:
    """The headers of a role as they are compared -> how far down the list each stands."""
    words = [same(word.replace("_", " ")) for word in ROLES[role].split()]
    return {word: position for position, word in reversed(list(enumerate(words)))}


def score(role: str, header: str, kind: str = "") -> float:
    """How well a header fits a role (of a kind of table) by its name: 1 for the surest word, 0 where it is none."""
    return max((_score(each, header) for each in (role, f"{kind}.{role}") if each in ROLES), default=0.0)


def _score(role: str, header: str) -> float:
    words, word = headers(role), same(header)
    for form, weight in ((word, 1.0), (word.replace("_", " "), 1.0), (_bare(word), 0.8)):
        if form in words:
            return weight * (1 - 0.6 * words[form] / len(words))
    return 0.0


def _bare(word: str) -> str:
    """Without what systems append: `日時 (JST)`, `【必須】ユーザーid`, `操作日時※`."""
    return re.sub(r"[(\[【<].*?[)\]】>]|[※*:：#]", "", word).strip().replace("_", " ")


@cache
def known(header: str) -> bool:
    """Whether any role knows the header."""
    return any(_score(role, header) for role in ROLES)


def file_kind(name: str) -> set[str]:
    """The kinds that a file's or sheet's name speaks of."""
    text = same(name)
    return {kind for kind, words in FILE_WORDS.items() if re.search(words, text)}
