// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title Geometric pictures from a number
/// @notice Five motifs in eight palettes. Consecutive ids differ in both, so a handful of tokens already looks varied.
/// @dev Plain SVG 1.1 on a 512 x 512 canvas: shapes, gradients and transforms only, no style sheets, filters, text or
/// links. Rotation by attribute replaces trigonometry.
library ShapeArt {
    using Strings for uint256;

    /// @dev `sky` to `ground` is the background; `light`, `warm` and `deep` are drawn on it. All are `#rrggbb`.
    struct Palette {
        string name;
        string sky;
        string ground;
        string light;
        string warm;
        string deep;
    }

    /// @notice The picture of `id` with the names of its motif and palette.
    function draw(uint256 id)
        internal
        pure
        returns (string memory motif, string memory paletteName, string memory svg)
    {
        uint256 dice = uint256(keccak256(abi.encode(id)));
        Palette memory palette = _palette(id * 3 + (id / 5) * 2);
        string memory shapes;
        (motif, shapes) = _motif(id % 5, dice);
        svg = string.concat(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" width="512" height="512">',
            _gradients(palette, dice % 360),
            '<rect width="512" height="512" fill="url(#back)"/><rect width="512" height="512" fill="url(#glow)"/>',
            shapes,
            "</svg>"
        );
        paletteName = palette.name;
    }

    function _motif(uint256 which, uint256 dice) private pure returns (string memory, string memory) {
        if (which == 1) return ("Orbits", _orbits(dice));
        if (which == 2) return ("Bloom", _bloom(dice));
        if (which == 3) return ("Dunes", _dunes(dice));
        if (which == 4) return ("Crystal", _crystal(dice));
        return ("Weave", _weave(dice));
    }

    // ---- Motifs --------------------------------------------------------------------------------------------------

    /// @dev A star, four rings, a planet on each, and a sky of small stars.
    function _orbits(uint256 dice) private pure returns (string memory svg) {
        svg = _stars(dice);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 radius = 92 + 42 * i;
            svg = string.concat(
                svg,
                _circle(
                    256, 256, radius, 'fill="none" stroke="url(#lit)" stroke-opacity=".45" stroke-width="2"'
                )
            );
            string memory planet = _circle(
                256 + radius,
                256,
                9 + _roll(dice, i) % 13,
                i % 2 == 0 ? 'fill="url(#lit)"' : 'fill="url(#dusk)"'
            );
            svg = string.concat(svg, _turned(_roll(dice, 8 + i) % 360, planet));
        }
        svg = string.concat(
            svg,
            _circle(256, 256, 66, 'fill="url(#lit)" opacity=".28"'),
            _circle(256, 256, 50, 'fill="url(#lit)"')
        );
    }

    function _stars(uint256 dice) private pure returns (string memory svg) {
        for (uint256 i = 0; i < 26; ++i) {
            uint256 spot = _roll(dice, 100 + i);
            svg = string.concat(
                svg,
                _circle(spot % 512, (spot >> 16) % 512, 1 + (spot >> 32) % 3, 'fill="#fff" opacity=".55"')
            );
        }
    }

    /// @dev Two wreaths of see-through petals round a heart.
    function _bloom(uint256 dice) private pure returns (string memory svg) {
        uint256 petals = 7 + dice % 6;
        svg = _wreath(petals, _ellipse(256, 140, 34 + (dice >> 8) % 22, 118, "url(#dusk)", ".55"), 0);
        svg = string.concat(
            svg,
            _wreath(petals, _ellipse(256, 178, 26 + (dice >> 16) % 14, 84, "url(#lit)", ".6"), 180 / petals)
        );
        svg = string.concat(
            svg, _circle(256, 256, 44, 'fill="url(#dusk)"'), _circle(256, 256, 26, 'fill="url(#lit)"')
        );
    }

    /// @dev A low sun and five rows of dunes, nearer ones darker.
    function _dunes(uint256 dice) private pure returns (string memory svg) {
        uint256 sun = 130 + dice % 252;
        svg = string.concat(
            _circle(sun, 190, 112, 'fill="url(#lit)" opacity=".22"'),
            _circle(sun, 190, 78, 'fill="url(#lit)"')
        );
        for (uint256 i = 0; i < 5; ++i) {
            svg = string.concat(svg, _dune(_roll(dice, i), 236 + 52 * i, i));
        }
    }

    function _dune(uint256 dice, uint256 top, uint256 row) private pure returns (string memory) {
        string memory crest = string.concat(
            "M0 ",
            (top + dice % 40).toString(),
            string.concat("C140 ", (top - 40 + (dice >> 8) % 110).toString()),
            string.concat(" 300 ", (top - 40 + (dice >> 16) % 110).toString()),
            string.concat(" 512 ", (top + (dice >> 24) % 40).toString())
        );
        return string.concat(
            '<path d="',
            crest,
            'V512H0Z" fill="url(#dusk)" fill-opacity=".',
            (30 + row * 15).toString(),
            '"/>'
        );
    }

    /// @dev Facets in twelfths of a turn, light and dark by chance, in three rings.
    function _crystal(uint256 dice) private pure returns (string memory svg) {
        for (uint256 i = 0; i < 12; ++i) {
            string memory facet = string.concat(
                _facet("256,256 230,160 282,160", "#lit", _shade(dice, i)),
                _facet("230,160 282,160 256,92", "#dusk", _shade(dice, 20 + i)),
                _facet("256,92 282,160 316,32", "#lit", _shade(dice, 40 + i)),
                _facet("256,92 230,160 196,32", "#dusk", _shade(dice, 60 + i))
            );
            svg = string.concat(svg, _turned(i * 30, facet));
        }
    }

    function _facet(string memory points, string memory fill, string memory opacity)
        private
        pure
        returns (string memory)
    {
        return string.concat(
            '<polygon points="', points, '" fill="url(', fill, ')" fill-opacity=".', opacity, '"/>'
        );
    }

    function _shade(uint256 dice, uint256 i) private pure returns (string memory) {
        return (25 + _roll(dice, i) % 70).toString();
    }

    /// @dev Quarter arcs on a grid, each turned one of two ways, joined into winding bands.
    function _weave(uint256 dice) private pure returns (string memory) {
        string memory path = "";
        for (uint256 i = 0; i < 36; ++i) {
            (uint256 x, uint256 y) = (40 + (i % 6) * 72, 40 + (i / 6) * 72);
            path = string.concat(
                path, (dice >> i) & 1 == 0 ? _arcs(x + 36, y, x, y + 36, x + 72) : _arcsTurned(x, y)
            );
        }
        return
            string.concat(
                _stroke(path, "#dusk", "30"), _stroke(path, "#lit", "16"), _stroke(path, "#dusk", "4")
            );
    }

    function _arcs(uint256 x1, uint256 y1, uint256 x2, uint256 y2, uint256 right)
        private
        pure
        returns (string memory)
    {
        return string.concat(_arc(x1, y1, x2, y2, "1"), _arc(right, y2, x1, y2 + 36, "0"));
    }

    function _arcsTurned(uint256 x, uint256 y) private pure returns (string memory) {
        return string.concat(_arc(x + 36, y, x + 72, y + 36, "0"), _arc(x, y + 36, x + 36, y + 72, "1"));
    }

    function _arc(uint256 x1, uint256 y1, uint256 x2, uint256 y2, string memory sweep)
        private
        pure
        returns (string memory)
    {
        return string.concat(_at("M", x1, y1), "A36 36 0 0 ", sweep, _at(" ", x2, y2));
    }

    function _stroke(string memory path, string memory paint, string memory width)
        private
        pure
        returns (string memory)
    {
        return string.concat(
            '<path fill="none" stroke-linecap="round" stroke="url(',
            paint,
            ')" stroke-width="',
            width,
            '" d="',
            path,
            '"/>'
        );
    }

    // ---- Pieces of SVG -------------------------------------------------------------------------------------------

    /// @dev `lit` and `dusk` are in canvas coordinates, so neighbouring shapes share one fall of light.
    function _gradients(Palette memory p, uint256 angle) private pure returns (string memory) {
        return string.concat(
            '<defs><linearGradient id="back" gradientTransform="rotate(',
            angle.toString(),
            ' .5 .5)">',
            _stops(p.sky, p.ground),
            '</linearGradient><radialGradient id="glow"><stop stop-color="',
            p.light,
            '" stop-opacity=".45"/><stop offset="1" stop-color="',
            p.light,
            '" stop-opacity="0"/></radialGradient>',
            _canvasGradient("lit", _stops(p.light, p.warm)),
            _canvasGradient("dusk", _stops(p.warm, p.deep)),
            "</defs>"
        );
    }

    function _canvasGradient(string memory name, string memory stops) private pure returns (string memory) {
        return string.concat(
            '<linearGradient id="',
            name,
            '" gradientUnits="userSpaceOnUse" x1="96" y1="64" x2="416" y2="448">',
            stops,
            "</linearGradient>"
        );
    }

    function _stops(string memory from, string memory to) private pure returns (string memory) {
        return string.concat('<stop stop-color="', from, '"/><stop offset="1" stop-color="', to, '"/>');
    }

    function _circle(uint256 x, uint256 y, uint256 r, string memory paint)
        private
        pure
        returns (string memory)
    {
        return string.concat(
            '<circle cx="', x.toString(), '" cy="', y.toString(), '" r="', r.toString(), '" ', paint, "/>"
        );
    }

    function _ellipse(uint256 x, uint256 y, uint256 rx, uint256 ry, string memory fill, string memory opacity)
        private
        pure
        returns (string memory)
    {
        string memory place = string.concat('<ellipse cx="', x.toString(), '" cy="', y.toString());
        string memory size = string.concat('" rx="', rx.toString(), '" ry="', ry.toString());
        return string.concat(place, size, '" fill="', fill, '" fill-opacity="', opacity, '"/>');
    }

    function _wreath(uint256 count, string memory shape, uint256 start)
        private
        pure
        returns (string memory svg)
    {
        for (uint256 i = 0; i < count; ++i) {
            svg = string.concat(svg, _turned(start + (i * 360) / count, shape));
        }
    }

    function _turned(uint256 degreesClockwise, string memory shape) private pure returns (string memory) {
        return
            string.concat('<g transform="rotate(', degreesClockwise.toString(), ' 256 256)">', shape, "</g>");
    }

    function _at(string memory letter, uint256 x, uint256 y) private pure returns (string memory) {
        return string.concat(letter, x.toString(), " ", y.toString());
    }

    // ---- Chance and colour ---------------------------------------------------------------------------------------

    /// @dev Not random and need not be: the same for everyone who knows the id.
    function _roll(uint256 dice, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(dice, i)));
    }

    function _palette(uint256 n) private pure returns (Palette memory) {
        n %= 8;
        if (n == 0) return Palette("Dawn", "#2b1055", "#7597de", "#ffe9c9", "#ff8a5c", "#a2307f");
        if (n == 1) return Palette("Lagoon", "#04293a", "#0f7173", "#d8fff3", "#3ddbc0", "#0b5fa5");
        if (n == 2) return Palette("Ember", "#1a0f1e", "#5b1330", "#ffe08a", "#ff6b35", "#b3123f");
        if (n == 3) return Palette("Meadow", "#0d3b2e", "#5aa469", "#f6ffd5", "#f2c14e", "#1f7a4d");
        if (n == 4) return Palette("Orchid", "#1b1464", "#9b5de5", "#ffe3f5", "#f15bb5", "#5a189a");
        if (n == 5) return Palette("Porcelain", "#f4efe6", "#c9d6df", "#ffffff", "#5c8fd6", "#1f3c88");
        if (n == 6) return Palette("Aurora", "#03071e", "#14365c", "#eafff0", "#57f2a9", "#7b2ff7");
        return Palette("Apricot", "#fff1e0", "#ffc9a3", "#fff8ee", "#ff7a59", "#6a2c70");
    }
}
