"""What a browser may do with the page, and which requests are none of ours.

A report is shown in a frame without an address of its own (srcdoc), which inherits the page's
policy: so the page names the report's script and styles by their hashes.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from xlbackprop.derivation.html import STYLE_HASH
from xlbackprop.report.html.render import asset_hashes


@cache
def content_policy(*more: str) -> str:
    """Return the content-security policy of the page, with `more` directives."""
    style, script = asset_hashes()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' '{script}'",
            f"style-src 'self' '{style}' '{STYLE_HASH}'",
            "connect-src 'self'",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            *more,
        )
    )


def headers() -> dict[str, str]:
    """Return the headers that every answer has."""
    return {
        "Content-Security-Policy": content_policy("frame-ancestors 'none'"),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def is_known_host(host: str, known: Collection[str]) -> bool:
    """Return whether a Host header names us: else some other site's name leads to this server."""
    if not known:
        return True
    name = host.lower()
    end = name.rfind("]") if name.startswith("[") else -1
    return (name[: end + 1] if end > 0 else name.partition(":")[0]) in known


def is_foreign(host: str, origin: str, fetch_site: str) -> bool:
    """Return whether a request that does something was made by a page of another origin."""
    if fetch_site and fetch_site not in ("same-origin", "none"):
        return True
    return bool(origin) and origin.lower().partition("://")[2] != host.lower()
