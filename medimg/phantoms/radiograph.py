"""A frontal chest film by calculation: X-rays through tissues whose thickness is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from medimg.phantoms.shapes import Canvas, Floats, grain, mirrored

#: The recipe as TOML gives it; the file says what each number means.
Recipe = dict[str, Any]
#: Stored values span 12 bits.
TOP = 4095


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A film and its planted truth.

    Attributes:
        stored: (rows, columns) uint16, 12 bits, more attenuation is brighter.
        lungs: (rows, columns) bool, without what the heart hides.
        opacity: (rows, columns) bool, what was planted.
    """

    stored: NDArray[np.uint16]
    lungs: NDArray[np.bool_]
    opacity: NDArray[np.bool_]


def film(recipe: Recipe) -> Film:
    """Calculate the film that a recipe describes; the same every time."""
    rng = np.random.default_rng(recipe["seed"])
    detector = recipe["detector"]
    canvas = Canvas(detector["rows"], detector["columns"], detector["pixel_mm"])
    lungs, opacity = _lungs(recipe, canvas), _opacity(recipe, canvas, rng)
    heart = _heart(recipe, canvas)
    path = _line_integral(recipe, canvas, lungs, heart, opacity, rng)
    stored = _expose(path, recipe, canvas, rng)
    visible = (lungs > 0) & (heart < 0.5 * recipe["heart"]["depth"])
    return Film(_mark(stored, recipe, canvas), visible, (opacity > 3.0) & visible)


def _lungs(recipe: Recipe, canvas: Canvas) -> Floats:
    """Thickness of both lungs in mm."""
    lungs = recipe["lungs"]
    sides = [
        canvas.inflate(canvas.region(lungs[side]), lungs["depth"], lungs["edge"])
        for side in ("right", "left")
    ]
    both: Floats = np.maximum(*sides)
    return both


def _heart(recipe: Recipe, canvas: Canvas) -> Floats:
    heart = recipe["heart"]
    return canvas.inflate(canvas.region(heart["outline"]), heart["depth"], heart["edge"])


def _opacity(recipe: Recipe, canvas: Canvas, rng: np.random.Generator) -> Floats:
    """Mm of fluid that stand where air was; an uneven cloud."""
    planted = recipe["opacity"]
    size = planted["grain_mm"] / canvas.pixel_mm
    rough = np.clip(planted["roughness"] * grain(canvas.shape, (size, size), rng), -0.6, None)
    x = (canvas.x() - planted["center"][0]) / planted["radii"][0]
    y = (canvas.y() - planted["center"][1]) / planted["radii"][1]
    core = np.clip(1.0 - (x**2 + y**2) * (1.0 + rough), 0.0, None)
    fluid: Floats = planted["depth"] * core**1.5
    return fluid


def _line_integral(
    recipe: Recipe,
    canvas: Canvas,
    lungs: Floats,
    heart: Floats,
    opacity: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Attenuation along each ray: everything soft, less the air, and the bones on top."""
    attenuation, body = recipe["attenuation"], recipe["body"]
    texture = recipe["texture"]
    grain_px = texture["grain_mm"] / canvas.pixel_mm
    fluid = _vessels(recipe, canvas, rng) + opacity
    fluid += texture["amount"] * grain(canvas.shape, (grain_px, grain_px), rng)
    # The heart and what is fluid stand where lung was; they are not added where none is.
    air = np.clip(lungs - heart - np.clip(fluid, None, lungs), 0.0, None)
    soft = canvas.inflate(canvas.region(body["outline"]), body["depth"], body["edge"])
    inside = soft > 0
    path = attenuation["soft"] * soft - (attenuation["soft"] - attenuation["lung"]) * air
    path -= attenuation["soft"] * _airways(recipe, canvas)
    path += _bones(recipe, canvas) * inside
    clipped: Floats = np.clip(path, 0.0, None)
    return clipped


def _airways(recipe: Recipe, canvas: Canvas) -> Floats:
    """Air in trachea, large bronchi and stomach, in mm."""
    trachea, stomach = recipe["trachea"], recipe["stomach"]
    tubes = [canvas.tube(trachea["path"], trachea["radius"])]
    tubes += [canvas.tube(path, trachea["bronchus_radius"]) for path in trachea["bronchi"]]
    bubble = canvas.ellipse(stomach["center"], stomach["radii"], stomach["depth"])
    return np.maximum(np.maximum.reduce(tubes), bubble)


def _bones(recipe: Recipe, canvas: Canvas) -> Floats:
    """What bones add to the attenuation of the soft tissue whose place they take."""
    soft = recipe["attenuation"]["soft"]
    cortex, marrow = recipe["attenuation"]["bone"] - soft, recipe["attenuation"]["marrow"] - soft
    clavicles, scapulae = recipe["clavicles"], recipe["scapulae"]
    total: Floats = _spine(recipe, canvas) * marrow
    for side in (list, mirrored):
        tubes = [*_ribs(recipe), (clavicles["path"], clavicles["radius"], clavicles["shell"])]
        for path, radius, shell in tubes:
            points = side(path)
            outer, inner = canvas.tube(points, radius), canvas.tube(points, radius - shell)
            total += cortex * (outer - inner) + marrow * inner
        blade = canvas.region(side(scapulae["outline"]))
        total += 0.5 * cortex * canvas.inflate(blade, scapulae["depth"], scapulae["edge"])
        humeri = recipe["humeri"]
        head = side([humeri["center"]])[0]
        total += marrow * canvas.ellipse(head, (humeri["radius"],) * 2, humeri["depth"]) * 2.0
    return total


def _ribs(recipe: Recipe) -> list[tuple[list[tuple[float, float]], float, float]]:
    """(path, radius, shell) of the left ribs: from the spine outwards, down and to the front."""
    ribs = recipe["ribs"]
    found = []
    for k, width in enumerate(ribs["width"]):
        top = ribs["first"] + k * ribs["step"]
        drop, end = ribs["drop"][k], ribs["anterior_end"][k]
        path = [
            (14.0, top + 3.0),
            (0.36 * width, top - 3.0),
            (0.72 * width, top + 0.22 * drop),
            (0.95 * width, top + 0.70 * drop),
            (float(width), top + 1.15 * drop),
            (0.93 * width, top + 1.15 * drop + 0.22 * ribs["anterior_drop"][k]),
            (0.5 * (0.93 * width + end), top + drop + 0.62 * ribs["anterior_drop"][k]),
            (float(end), top + drop + 0.86 * ribs["anterior_drop"][k]),
        ]
        found.append((path, ribs["radius"][k], ribs["shell"]))
    return found


def _spine(recipe: Recipe, canvas: Canvas) -> Floats:
    """Thickness of vertebral bodies, pedicles and spinous processes in mm."""
    spine = recipe["spine"]
    x, y = canvas.x(), canvas.y()
    total = np.zeros(canvas.shape)
    for k in range(spine["count"]):
        center = spine["first"] + k * spine["step"]
        # A rounded box: the fourth power keeps plates and sides straight.
        box = 1.0 - (x / spine["half_width"]) ** 4 - ((y - center) / spine["half_height"]) ** 4
        total += spine["depth"] * np.sqrt(np.clip(box, 0.0, None))
        for side in (-1.0, 1.0):
            at = (side * spine["pedicle_offset"], center - 2.0)
            total += canvas.ellipse(at, (spine["pedicle_radius"],) * 2, 12.0)
        total += canvas.ellipse((0.0, center + 7.0), tuple(spine["process_radii"]), 10.0)
    return total


def _vessels(recipe: Recipe, canvas: Canvas, rng: np.random.Generator) -> Floats:
    """Thickness of two hila and the trees that leave them, in mm."""
    vessels = recipe["vessels"]
    total = np.zeros(canvas.shape)
    for x, y in vessels["hila"]:
        outwards = 0.0 if x > 0 else np.pi
        hilum = canvas.ellipse((x, y), vessels["hilum_radii"], 1.0)
        np.maximum(total, vessels["hilum_depth"] * hilum**2, out=total)
        for k in range(vessels["branches"]):
            fan = (k + 0.5) / vessels["branches"] - 0.5
            angle = outwards + np.sign(x) * fan * 0.92 * np.pi + rng.normal(0, 0.12)
            start = np.array([x, y]) + 6.0 * np.array([np.cos(angle), np.sin(angle)])
            _grow(total, canvas, vessels, start, angle, vessels["generations"], rng)
    total *= vessels["contrast"]
    return total


def _grow(
    total: Floats,
    canvas: Canvas,
    vessels: Recipe,
    start: Floats,
    angle: float,
    left: int,
    rng: np.random.Generator,
) -> None:
    """Draw one vessel and its two daughters into `total`."""
    if left == 0:
        return
    generation = vessels["generations"] - left
    length = vessels["length"] * 0.80**generation * rng.uniform(0.75, 1.25)
    bend = angle + rng.normal(0, 0.18)
    middle = start + 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    end = middle + 0.5 * length * np.array([np.cos(bend), np.sin(bend)])
    radius = vessels["radius"] * vessels["shrink"] ** generation * rng.uniform(0.6, 1.0)
    canvas.add_tube(total, np.stack([start, middle, end]), radius)
    for side in (-1.0, 1.0):
        turn = bend + side * vessels["spread"] * rng.uniform(0.5, 1.4)
        _grow(total, canvas, vessels, end, turn, left - 1, rng)


def _expose(path: Floats, recipe: Recipe, canvas: Canvas, rng: np.random.Generator) -> Floats:
    """Line integral to stored values 0 to 4095: scatter, quantum noise, logarithm."""
    detector, display = recipe["detector"], recipe["display"]
    primary = np.exp(-path)
    behind = ndimage.gaussian_filter(
        primary * (path > 0.2), detector["scatter_mm"] / canvas.pixel_mm, truncate=2.5
    )
    share = 1.0 / (1.0 + detector["scatter_share"])
    photons = detector["photons"] * (primary + detector["scatter_share"] * behind) * share
    counted = rng.poisson(photons).astype(np.float64)
    counted = ndimage.gaussian_filter(counted, detector["blur_mm"] / canvas.pixel_mm)
    seen = -np.log(np.clip(counted, 1.0, None) / detector["photons"])
    # As the makers do, so that lung and mediastinum fit one window.
    coarse = ndimage.gaussian_filter(seen, display["coarse_mm"] / canvas.pixel_mm, truncate=2.5)
    seen -= display["flatten"] * coarse
    scaled = (seen - display["low"]) / (display["high"] - display["low"])
    stored: Floats = np.clip(scaled, 0.0, 1.0) * TOP
    return stored


def _mark(stored: Floats, recipe: Recipe, canvas: Canvas) -> NDArray[np.uint16]:
    """Burn in the side and, so that no copy passes for a patient, that the film is synthetic."""
    marker = recipe["marker"]
    picture = Image.new("L", (canvas.columns, canvas.rows))
    pen = ImageDraw.Draw(picture)
    for text, at, size in (
        (marker["side"], marker["side_at"], 46),
        (marker["text"], marker["text_at"], 20),
    ):
        row, column = canvas.to_index(np.array([at]))[0]
        pen.text((column, row), text, fill=255, font=ImageFont.load_default(size))
    burned = np.asarray(picture, dtype=np.float64) / 255.0
    return np.round(np.maximum(stored, burned * 0.97 * TOP)).astype(np.uint16)
