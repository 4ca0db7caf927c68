"""What みどり野コスメ sells, to shops and on its own site: several codes for one product."""

from dataclasses import dataclass

SERUM, LOTION, CLEANSING, CREAM, SUN = "美容液", "化粧水", "クレンジング", "クリーム", "日やけ止め"
REGULAR, SUBSCRIPTION, SAMPLE, SET = "通常", "定期", "サンプル", "セット"


@dataclass(frozen=True)
class Product:
    """One code; what it is to a customer, and the way in which it is sold; `trade` and `retail` are yen."""

    code: str
    name: str
    group: str
    way: str
    trade: int  # to shops, without tax: a multiple of 500
    retail: int  # on the site, tax included


PRODUCTS = (
    Product("BE-030", "美容液 30mL", SERUM, REGULAR, 3_500, 5_500),
    Product("BE-030T", "美容液 30mL 定期便", SERUM, SUBSCRIPTION, 3_000, 4_400),
    Product("SP-BE03", "美容液 サンプル 3mL", SERUM, SAMPLE, 500, 500),
    Product("ST-BE01", "美容液・化粧水 セット", SERUM, SET, 6_000, 7_700),
    Product("LO-150", "化粧水 150mL", LOTION, REGULAR, 2_000, 3_300),
    Product("LO-150R", "化粧水 150mL つめかえ", LOTION, REGULAR, 1_500, 2_640),
    Product("CL-120", "クレンジング 120g", CLEANSING, REGULAR, 1_500, 2_420),
    Product("CR-040", "クリーム 40g", CREAM, REGULAR, 3_000, 4_950),
    Product("UV-050", "日やけ止め 50mL", SUN, REGULAR, 1_500, 2_200),
)
CHEAPEST = min(PRODUCTS, key=lambda product: product.trade)
SERUMS = {product.way: product for product in PRODUCTS if product.group == SERUM}
