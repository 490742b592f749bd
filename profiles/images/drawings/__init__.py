"""Draw a token's SVG as Chromium shows it in an <img>, or refuse it and say what of it we can't draw.

`css` splits style sheets, `variables`, `motion`, `backgrounds` and `rasters` rewrite what librsvg lacks, `unsupported`
refuses the rest, and `draw` has librsvg draw it.
"""
