"""How Sphinx builds the documentation site: `make docs`. The sources are Markdown, read by MyST."""

project = "avatarsite"
html_title = "avatarsite"
root_doc = "index"
extensions = ["myst_parser"]
exclude_patterns = ["docs/README.md", "README.md"]
# Anchors of headings, as forges build them.
myst_heading_anchors = 4
html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False
# Nothing is fetched from elsewhere.
html_theme_options = {"source_repository": "", "footer_icons": []}
nitpicky = True
