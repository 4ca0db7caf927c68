"""Columns that say who somebody is: names, mail addresses, phone numbers, addresses, birthdays."""

import re
from collections.abc import Iterable

from analysis.exports.text import plain, same

_HEADERS = """氏名 姓名 姓 名 名前 お名前 御名前 ご氏名 表示名 漢字氏名 漢字名 氏 利用者名 利用者氏名 ユーザー氏名 ユーザ氏名 ユーザー名 ユーザ名
社員名 社員氏名 従業員名 従業員氏名 職員名 職員氏名 会員名 会員氏名 顧客氏名 お客様名 お客さま名 担当者名 担当者氏名 担当者 担当 営業担当 営業担当者 営業担当者名 担当営業 主担当 主担当者 所有者 商談所有者 制作担当 訪問者 訪問担当 訪問担当者 活動者 活動担当者 対応者 対応担当者 面談者 架電者 報告者 販売担当 販売担当者 受注担当 受注担当者 売上担当者 自社担当 自社担当者
上長 上司 上司名 管理者名 責任者名 代表者名 代表者 注文者 注文者名 注文者氏名 注文者姓 購入者名 購入者氏名 送付先名 配送先名 宛名 受取人 作業者 登録者 更新者 作成者
申請者 参加者 問い合わせ者 お問い合わせ者 問合せ者 ニックネーム
フリガナ ふりがな カナ かな よみがな ヨミガナ 氏名カナ 氏名かな カナ氏名 氏名(カナ) 氏名(かな) 姓カナ 名カナ セイ メイ 姓(カナ) 名(カナ) 姓フリガナ 名フリガナ
氏名フリガナ 氏名ふりがな ローマ字 ローマ字氏名
メール メールアドレス mail eメール e-mail email emailaddress e-mailaddress mailaddress 連絡先 連絡先メール 連絡先メールアドレス
電話 電話番号 tel 携帯 携帯電話 携帯番号 携帯電話番号 内線 内線番号 fax fax番号 ファックス 緊急連絡先 自宅電話 自宅電話番号
住所 住所1 住所2 住所3 自宅住所 現住所 番地 郵便番号 〒 生年月日 誕生日 マイナンバー 個人番号 パスワード password passwordhash skype名
name fullname firstname lastname middlename givenname familyname surname displayname nickname userfullname personname username
employeename staffname membername customername contactname owner opportunityowner dealowner accountowner customerowner companyowner contactowner salesperson visitor visitedby caller salesrep assignedto assignee requester reporter author manager
phone phonenumber telephone mobile mobilephone cellphone homephone workphone faxnumber
address homeaddress workaddress streetaddress postalcode zipcode zip birthday birthdate dateofbirth dob ssn"""
# Whole headers (NFKC, casefold, without spaces and underscores) of a person's data.
HEADERS = frozenset(_HEADERS.split())
# A header that ends or begins so, whatever stands before or after it: 注文者メールアドレス, Email (personal), 電話番号(請求先).
PARTS = re.compile(
    r"メールアドレス|e-?メール|\be-?mail\b|mail ?address|電話番号|携帯|\bphone\b|\btel\b|^tel|生年月日|誕生日|フリガナ|ふりがな|よみがな|パスワード|password"
    r"|^お名前\(|^氏\(|^名\(|^姓\(|住所|(^| )(first|last|full|given|family|display) name"
)
# Names of things, not of people.
THINGS = re.compile(
    r"会社|企業|法人|取引先|得意先|仕入先|商品|製品|品名|支店|店舗|店名|部署|部門|組織|課名|チーム|ファイル|サイト|ページ|画面|機能|キャンペーン|施設|公園|クーポン|都道府県|市区町村"
    r"|company|product|item|branch|shop|store|department|team|file|site|page|campaign|country|url|ip ?address|ipアドレス|mac ?address"
)
MAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}")
PHONE = re.compile(r"(\+81[- ]?|0)\d{1,4}[-( ]\d{1,4}[-) ]\d{3,4}|0[5789]0\d{8}|\+\d{10,14}")


def by_header(header: str) -> bool:
    """Whether a header names a person's data."""
    word = same(header)
    if re.sub(r"[ _]", "", word) in HEADERS:
        return True
    return not THINGS.search(word) and bool(PARTS.search(word))


def by_values(values: Iterable[str]) -> bool:
    """Whether at least half of the filled values are mail addresses or phone numbers."""
    filled = [text for text in map(plain, values) if text]
    hits = sum(1 for text in filled if MAIL.fullmatch(text) or PHONE.fullmatch(text))
    return bool(filled) and hits * 2 >= len(filled)
