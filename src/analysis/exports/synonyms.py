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
    "amount": """金額 売上金額 売上 注文金額 受注金額 購入金額 明細金額 価格 税込金額 税抜金額 合計金額 合計 請求金額 商品合計金額
        Amount Line_Total Lineitem_price Price Sales Revenue Total""",
    "customer_id": """顧客ID 顧客コード 顧客番号 得意先コード 得意先ID 取引先コード 取引先ID 会員ID 会員番号 お客様番号 お客様ID お客さまID お客さま番号
        店舗コード 店舗ID 取引先名 取引先名称 会社名 顧客名 得意先名
        Customer_ID CustomerID Customer_No Customer_Number Client_ID Account_ID Account_Name Company_Name Requester_id""",
    "ordered_at": """注文日時 受注日時 注文日 受注日 購入日時 購入日 売上日 請求日 発生日 日付 日時 計上日
        Ordered_At Order_Date InvoiceDate Invoice_Date Purchase_Date Created_at Paid_at Created_(UTC) Created_date_(UTC) Date""",
    "order_id": """注文ID 注文番号 受注番号 受注ID 伝票番号 請求書番号 管理番号 購入番号
        Order_ID Order_Number Order_No InvoiceNo Invoice_No Invoice_ID""",
    "product_code": """商品コード 商品ID 商品番号 商品管理番号 品番 品目コード 製品コード 製品番号 SKU JANコード JAN
        Product_Code Product_ID StockCode Lineitem_sku Item_Code""",
    "quantity": "数量 個数 注文数 受注数 点数 購入数 Quantity Qty Lineitem_quantity Units",
    "category": """カテゴリー カテゴリ 分類 種別 区分 問い合わせ種別 お問い合わせ種別 問い合わせ区分 お問い合わせ区分 問い合わせ分類 カテゴリー名 課題タイプ 用件
        Category Type Ticket_type Issue_Type Topic""",
    "source": "経路 受付経路 流入元 チャネル 媒体 問い合わせ経路 受付方法 リードソース 購入元 Source Channel Via Lead_Source",
    "text": "内容 本文 問い合わせ内容 お問い合わせ内容 件名 質問 質問内容 コメント 備考 Text Body Message Subject Description Comment",
}

# What the name of a file or of a sheet tells about the kind of its rows.
FILE_WORDS: dict[str, str] = {
    "users": r"ユーザー?一覧|利用者一覧|利用者|ユーザー?|名簿|アカウント|会員一覧|社員|職員|users?|roster|members?|accounts?",
    "activity": r"ログイン|利用履歴|アクセス|操作|履歴|ログ|ダウンロード|log(?:in|on)?s?|activity|access|audit|sign-?ins?|usage",
    "customers": r"顧客|得意先|取引先|お客さま|お客様|customers?|clients?",
    "orders": r"注文|受注|売上|購買|購入|明細|orders?|sales|invoices?|purchases?",
    "inquiries": r"問い?合わ?せ|苦情|クレーム|inquir(?:y|ies)|tickets?|complaints?|support",
}

# What was done, where a log has no column that says so but its name or its headers do.
ACTIVITIES = {
    "login": re.compile(r"ログイン|サインイン|ログオン|log-?\s?in|log-?\s?on|sign-?\s?in"),
    "order": re.compile(r"注文|受注|発注|order"),
    "inquiry": re.compile(r"問い?合わ?せ|inquir|ticket"),
    "download": re.compile(r"ダウンロード|download"),
}
ASKED = re.compile(r"問い?合わ?せ|受付|相談|苦情|クレーム|inquir|ticket|complain|support|request")
LAST = re.compile(r"最終|最後|\blast\b")


@cache
def headers(role: str) -> dict[str, int]:
    """The headers of a role as they are compared -> how far down the list each stands."""
    words = [same(word.replace("_", " ")) for word in ROLES[role].split()]
    return {word: position for position, word in reversed(list(enumerate(words)))}


def score(role: str, header: str) -> float:
    """How well a header fits a role by its name: 1 for the surest word, 0 where it is none."""
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
    return any(score(role, header) for role in ROLES)


def file_kind(name: str) -> set[str]:
    """The kinds that a file's or sheet's name speaks of."""
    text = same(name)
    return {kind for kind, words in FILE_WORDS.items() if re.search(words, text)}
