"""Parts that pages share: navigation, guard, language, uploads, downloads."""
