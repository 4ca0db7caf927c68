"""A page as a script: opened with choices in its URL, its tables found by a column."""

from streamlit.testing.v1 import AppTest

from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")


def opened(page: str, **params: object) -> AppTest:
    """The page with these choices; nothing may have gone wrong."""
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for key, value in ({"lang": "ja"} | params).items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def tables(app: AppTest, column: str) -> list:
    """The frames that have this column."""
    return [each.value for each in app.dataframe if column in each.value.columns]


def table(app: AppTest, column: str):
    (found,) = tables(app, column)
    return found


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)
