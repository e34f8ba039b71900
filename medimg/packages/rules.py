"""The gate's rules by name. Each judges one thing about an image and says it in a sentence.

Unknown is not a match: the manifest says for each rule whether silence of the header warns or
refuses.
"""

from __future__ import annotations

from medimg.packages import grids, headers, patients, pixels, problem_rules
from medimg.packages.subject import Check

#: Rules by the name that manifests use.
RULES: dict[str, Check] = {
    "readable": problem_rules.readable,
    "modality": headers.modality,
    "body-part": headers.body_part,
    "view": headers.view,
    "age": headers.age,
    "mr-kind": headers.mr_kind,
    "contrast": headers.contrast,
    "plane": grids.plane,
    "spacing": grids.spacing,
    "field-of-view": grids.field_of_view,
    "size": grids.size,
    "slices": grids.slices,
    "slice-distance": grids.slice_distance,
    "colour": pixels.colour,
    "content": pixels.content,
    "hounsfield": pixels.hounsfield,
    "single-image": problem_rules.single_image,
    "stack": problem_rules.stack,
    "values": problem_rules.values,
    "sides": problem_rules.sides,
    "person": patients.person,
    "upright": patients.upright,
}
#: Rules that hold for every package, whether its manifest names them or not.
ALWAYS = ("readable", "colour", "person", "single-image", "upright", "stack", "values", "sides",
          "content")  # fmt: skip
