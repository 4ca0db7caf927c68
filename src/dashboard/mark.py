"""The mark: a ring with a needle of four and the place where one stands."""

from pathlib import Path

FAVICON = Path(__file__).parent / "static" / "favicon.png"
FONT = "'Hiragino Sans','Noto Sans JP','BIZ UDPGothic','Meiryo','Noto Sans CJK JP',sans-serif"
_NAMES = {"ja": ("現在地", 150), "en": ("Genzaichi", 178)}


def logo(lang: str) -> str:
    """Mark and name as SVG; it follows the reader's light or dark system as the theme does."""
    name, width = _NAMES[lang]
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="40" viewBox="0 0 {width} 40">
<style>.r{{stroke:#1B5E86}}.n{{fill:#121C22}}.d{{fill:#CB8127}}
@media(prefers-color-scheme:dark){{.r{{stroke:#6FB4E0}}.n{{fill:#E4EAED}}.d{{fill:#E49E6D}}}}</style>
<g class="r" fill="none" stroke-width="2.5" stroke-linecap="round"><circle cx="20" cy="20" r="15"/>
<path d="M20 5v7M20 28v7M5 20h7M28 20h7"/></g><circle class="d" cx="20" cy="20" r="4"/>
<text class="n" x="46" y="28" font-size="23" font-weight="700"
font-family="{FONT}">{name}</text></svg>"""
