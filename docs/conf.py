"""How Sphinx builds the site; `make docs` is the way in."""

from importlib.metadata import version as version_of
from pathlib import Path

project = "portkey-client"
copyright = "the portkey-client authors; MIT licence"  # noqa: A001  # the name Sphinx reads
release = version = version_of(project)
language = "en_GB"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "docs.weave"]
exclude_patterns = ["maker"]
nitpicky = True

myst_enable_extensions = ["attrs_block", "attrs_inline", "deflist"]
myst_heading_anchors = 3
myst_ref_domains = ["std"]

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_search_scorer = str(Path(__file__).parent / "static" / "scorer.js")
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
python_maximum_signature_line_length = 80

autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
default_role = "code"
