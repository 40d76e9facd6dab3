"""How the documentation is built: `make docs`, with every warning an error, and nothing fetched from anywhere."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Nudger"
author = "The Nudger authors"
copyright = "the Nudger authors"  # noqa: A001 (Sphinx's own name for it)
version = release = version_of("nudger")
language = "en"

extensions = ["myst_parser", "reference", "accessible"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = "Nudger"
html_static_path = ["_static"]
html_css_files = ["nudger.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# The look of code in light and dark: both of these keep 4.5:1 against their background.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
