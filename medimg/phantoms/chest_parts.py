"""What a calculated chest is made of: lungs between their neighbours, airways, vessels, bones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medimg.phantoms.solids import Field, Space, Way, mix

#: The recipe as TOML gives it; the file says what each number means.
Recipe = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Airways:
    """Shares of each voxel.

    Attributes:
        lumen: Air in trachea, bronchi and oesophagus.
        main: Air in trachea and main bronchi alone.
        main_wall: The same with their walls.
        lobar_wall: Bronchi within the lungs, with their walls.
        wall: All of them with their walls.
    """

    lumen: Field
    main: Field
    main_wall: Field
    lobar_wall: Field
    wall: Field


def lung_shares(values: Field, recipe: Recipe, space: Space) -> tuple[Field, Field]:
    """Fill what lies inside the ribs but the lungs; give the shares of right and left lung."""
    hu, cage = recipe["hu"], _cage(recipe["cage"], space)
    neighbours = np.maximum(_mediastinum(recipe["mediastinum"], recipe["spine"], space), -cage)
    np.maximum(neighbours, recipe["diaphragm"]["floor_z"] - space.z, out=neighbours)
    mix(values, space.share(np.minimum(cage, neighbours)), hu["mediastinum"])
    domes = [space.superellipsoid(*recipe["diaphragm"][side]) for side in ("right", "left")]
    below = np.maximum(*domes)
    _abdomen(values, recipe, space, np.minimum(cage, domes[0]), np.minimum(cage, domes[1]))
    free = np.minimum(cage, -np.maximum(neighbours, below))
    return space.share(np.minimum(free, -space.x)), space.share(np.minimum(free, space.x))


def _cage(cage: Recipe, space: Space) -> Field:
    """Depth below the ribs: a cylinder up to the centre, a dome above it."""
    center, radii, power = cage["center"], cage["radii"], cage["power"]
    risen = Space(space.x, space.y, np.maximum(space.z, center[2]), space.spacing_mm)
    return risen.superellipsoid(center, radii, power)


def _mediastinum(recipe: Recipe, spine: Recipe, space: Space) -> Field:
    """Depth within what parts the lungs: the junction in front, vessels, heart and spine."""
    depth = np.zeros(space.shape, dtype=np.float32)
    depth += recipe["junction_mm"] / 2 - np.abs(space.x)
    for name in ("core", "neck", "heart"):
        np.maximum(depth, space.superellipsoid(*recipe[name]), out=depth)
    tube = space.tubes([recipe["aorta"]], recipe["gap_mm"])
    # A share is a depth cut off at half a voxel, which is all that an edge needs.
    np.maximum(depth, (tube - 0.5) * float(np.mean(space.spacing_mm)), out=depth)
    radii = [radius + 3.0 for radius in spine["radii"]]
    np.maximum(depth, space.superellipsoid(spine["center"], radii), out=depth)
    return depth


def _abdomen(values: Field, recipe: Recipe, space: Space, right: Field, left: Field) -> None:
    """Liver below the right dome; fat, spleen and a stomach with gas below the left one."""
    hu, diaphragm = recipe["hu"], recipe["diaphragm"]
    inner = space.share(left - 4.0)
    mix(values, space.share(left), hu["muscle"])
    mix(values, inner, hu["fat"])
    mix(values, space.share(right), hu["liver"])
    mix(values, space.share(space.superellipsoid(*diaphragm["spleen"])) * inner, hu["muscle"])
    gas = space.superellipsoid(*diaphragm["stomach_gas"])
    mix(values, space.share(gas + 4.0) * inner, hu["muscle"])
    mix(values, space.share(gas), hu["air"])


def airways(recipe: Recipe, space: Space) -> Airways:
    """Trachea, bronchi, and the air in the oesophagus."""
    main = [recipe["trachea"], recipe["right"], recipe["left"]]
    lobar, gullet = recipe["lobar"], [recipe["oesophagus"]]
    wall_mm = recipe["wall_mm"]
    lumen_main, wall_main = space.tubes(main), space.tubes(main, wall_mm)
    wall_lobar = space.tubes(lobar, 0.6 * wall_mm)
    lumen = np.maximum(lumen_main, space.tubes([*lobar, *gullet]))
    wall = np.maximum(wall_main, space.tubes(gullet, wall_mm))
    return Airways(lumen, lumen_main, wall_main, wall_lobar, wall)


def vessels(recipe: Recipe, space: Space, rng: np.random.Generator) -> Field:
    """Share of each voxel that vessels fill: trees from both hila, none near a nodule."""
    plan = recipe["vessels"]
    ways: list[Way] = []
    for hilum in plan["hila"]:
        outwards = np.array([np.sign(hilum[0]), 0.0, 0.0])
        for _ in range(plan["branches"]):
            heading = _unit(rng.normal(0.0, 0.75, 3) + outwards)
            _branch(ways, np.array(hilum), heading, plan, plan["radius"], rng)
    filled = space.tubes(ways)
    for hilum in plan["hila"]:
        root = space.share(space.superellipsoid(hilum, plan["hilum_radii"]))
        np.maximum(filled, root, out=filled)
    for row in recipe["nodules"]:
        filled *= 1.0 - space.ball(row["center"], row["diameter"] / 2 + plan["clear_mm"])
    return filled


def _branch(
    ways: list[Way],
    start: np.ndarray,
    heading: np.ndarray,
    plan: Recipe,
    radius: float,
    rng: np.random.Generator,
) -> None:
    """Grow a tree by forks that turn by chance and thin out; `radius` tells the generation."""
    if radius < plan["radius"] * plan["shrink"] ** (plan["generations"] - 0.5):
        return
    length = plan["length"] * (0.35 + 0.65 * radius / plan["radius"]) * rng.uniform(0.8, 1.2)
    end, thinner = start + length * heading, radius * plan["shrink"]
    ways.append([(*start, radius), (*end, thinner)])
    for _ in range(2):
        turned = _unit(heading + rng.normal(0.0, plan["spread"], 3))
        _branch(ways, end, turned, plan, thinner, rng)


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vector / np.linalg.norm(vector)
    return unit


def bones(values: Field, recipe: Recipe, space: Space) -> None:
    """Spine, ribs and sternum: cortical bone around marrow."""
    hu = recipe["hu"]
    _spine(values, recipe["spine"], hu, space)
    ribs, plan = _ribs(recipe["ribs"], recipe["cage"]), recipe["ribs"]
    mix(values, space.tubes(ribs), hu["cortex"])
    mix(values, space.tubes(ribs, -plan["shell"]), hu["marrow"])
    sternum = recipe["sternum"]
    depth = space.superellipsoid(sternum["center"], sternum["radii"], 2.6)
    mix(values, space.share(depth), hu["cortex"])
    mix(values, space.share(depth - sternum["shell"]), hu["marrow"])


def _spine(values: Field, spine: Recipe, hu: dict[str, float], space: Space) -> None:
    body = space.superellipsoid(spine["center"], spine["radii"])
    arch = np.maximum(space.superellipsoid(*spine["arch"]), space.superellipsoid(*spine["process"]))
    arch = np.minimum(arch, -space.superellipsoid(*spine["canal"]))
    # Mm from the middle of the nearest disc.
    level = np.abs((space.z + spine["step"] / 2) % spine["step"] - spine["step"] / 2)
    vertebra = np.minimum(np.maximum(body, arch), level - spine["disc"] / 2)
    mix(values, space.share(body), hu["muscle"])
    mix(values, space.share(vertebra), hu["cortex"])
    mix(values, space.share(vertebra - spine["shell"]), hu["marrow"])


def _ribs(plan: Recipe, cage: Recipe) -> list[Way]:
    """Ways from beside the spine round the cage to the front, each lower there than behind."""
    ways: list[Way] = []
    for number in range(plan["count"]):
        for side in (-1.0, 1.0):
            turn = np.linspace(0.09, 0.80, plan["steps"]) * np.pi
            z = plan["first_z"] - number * plan["step"] - plan["drop"] * (turn / np.pi) ** 1.5
            ways.append(_around(cage, side, turn, z, plan["outside"], plan["radius"]))
    return ways


def _around(
    cage: Recipe, side: float, turn: np.ndarray, z: np.ndarray, outside: float, radius: float
) -> Sequence[Sequence[float]]:
    """Points at a distance outside of the cage; `turn` runs from the back (0) to the front (pi)."""
    (x, y, middle), (a, b, c), power = cage["center"], cage["radii"], cage["power"]
    risen = np.clip((z - middle) / c, 0.0, 0.97)
    narrow = (1.0 - risen**power) ** (1 / power)
    sine, cosine = np.sin(turn), np.cos(turn)
    # The radius of a superellipse in a direction.
    reach = (np.abs(sine) ** power + np.abs(cosine) ** power) ** (-1 / power)
    across = x + side * sine * (a * narrow * reach + outside)
    back = y + cosine * (b * narrow * reach + outside)
    return [(float(p), float(q), float(r), radius) for p, q, r in zip(across, back, z, strict=True)]
