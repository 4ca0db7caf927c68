"""The door: security headers, the upload route and warm-up; every visit runs src/dashboard/main.py."""

import streamlit as st

from dashboard import download_route, headers, mishap, upload, warmup

app = st.App(
    "src/dashboard/main.py",
    routes=[upload.ROUTE, download_route.ROUTE],
    middleware=[headers.MIDDLEWARE],
    lifespan=warmup.lifespan,
    on_script_error=mishap.show,
)
