"""Plain pages of forms, for what the page of a library is not for: signing in, one's account."""

from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

_SHEET: Final = Markup("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --line: #8888; --accent: #0c5f6c; }}
body {{ font: 16px/1.5 sans-serif; margin: 0; }}
main {{ width: min({width}px, 90vw); margin: 12vh auto 8vh; }}
h1 {{ font: 700 28px/1.2 serif; margin: 0 0 4px; }}
h2 {{ font: 700 19px/1.3 serif; margin: 36px 0 8px; }}
label {{ display: block; margin-top: 14px; font-size: 14px; }}
label.beside {{ display: inline-block; margin-right: 16px; }}
input:not([type=checkbox]), select {{ width: 100%; box-sizing: border-box; padding: 10px; font: inherit;
  border: 1px solid var(--line); border-radius: 6px; background: Field; color: FieldText; }}
button {{ margin-top: 16px; padding: 9px 18px; font: inherit; font-weight: 600; border: 0; border-radius: 6px;
  background: var(--accent); color: #fff; cursor: pointer; }}
button.small {{ margin: 0; padding: 3px 10px; font-size: 13px; background: none; color: inherit;
  border: 1px solid var(--line); }}
td form {{ margin: 0; }}
table {{ width: 100%; border-collapse: collapse; font-size: 14px; }}
th, td {{ text-align: left; padding: 7px 8px 7px 0; border-bottom: 1px solid var(--line); }}
code {{ overflow-wrap: anywhere; }}
[role=alert] {{ margin-top: 16px; padding: 8px 12px; border-left: 4px solid #a3262a; background: #a3262a1a; }}
[role=status] {{ margin-top: 16px; padding: 8px 12px; border-left: 4px solid var(--accent); background: #0c5f6c1a; }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
""")


def sheet(title: str, body: Markup, *, status: int = 200, width: int = 340) -> Response:
    """A page with this body, `width` pixels at most. Nobody keeps it: what is on it may be shown once."""
    text = _SHEET.format(title=title, body=body, width=width)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def told(words: str | Markup, *, well: bool) -> Markup:
    """What came of a form; nothing for no words."""
    role = "status" if well else "alert"
    return Markup('<p role="{}">{}</p>').format(role, words) if words else Markup("")
