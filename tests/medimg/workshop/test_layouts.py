"""Folders are known by their form, real ones and planted ones; damage is said in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import LAYOUTS, Images, cases, recognise
from medimg.workshop.layouts import cifar as cifar_batches
from medimg.workshop.volumes import mask_array, truth_of, volume_of

REAL = {
    "cxr-tb-lungs": ("table", 682),
    "cxr-jsrt": ("table", 196),
    "cxr-opacity": ("table", 876),
    "mri-glioma-seg": ("table", 94),
    "ct-head-haemorrhage": ("table", 69),
    "general/histopathology-idc": ("table", 266),
    "general/imagenet-sample": ("table", 150),
    "ct-lung-nodules": ("strips", 837),
    "mri-hippocampus": ("decathlon", 5),
    "general/coco-tiny": ("coco", 38),
    "general/cifar-10": ("cifar-10", 450),
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", REAL)
def test_real_folders_are_recognised_and_read(name: str, shared_data: Path) -> None:
    form, least = REAL[name]
    assert recognise(shared_data / name).name == form
    found = cases(shared_data / name)
    assert len(found) >= least
    volume = volume_of(found[0], Images())
    assert volume.array.ndim == 3
    assert volume.array.max() > volume.array.min()


@pytest.mark.shared_data
def test_real_rows_can_be_chosen_and_carry_boxes(shared_data: Path) -> None:
    films = cases(shared_data / "cxr-tb-lungs", {"site": "montgomery"})
    assert len(films) == 119
    assert all(case.masks[0] is not None for case in films)
    films = cases(shared_data / "cxr-opacity")
    assert sum(len(case.boxes) for case in films) == 445
    assert all(bool(case.boxes) == (case.row["label"] == "opacity") for case in films)


@pytest.mark.shared_data
def test_a_mask_of_a_volume_lies_on_its_image(shared_data: Path) -> None:
    case = cases(shared_data / "mri-hippocampus")[0]
    volume = volume_of(case, Images())
    shape = volume.series.geometry.shape
    mask = mask_array(case.masks[0]) if case.masks[0] else np.zeros(shape)
    assert mask.shape == shape
    assert int((mask == 1).sum()) == int(case.row["anterior_voxels"])
    assert int((mask == 2).sum()) == int(case.row["posterior_voxels"])


@pytest.mark.shared_data
def test_grey_becomes_hounsfield_where_the_recipe_says_so(shared_data: Path) -> None:
    case = cases(shared_data / "ct-head-haemorrhage")[0]
    images = Images(targets=("haemorrhage",), unit_range=(-20.0, 100.0), modality="CT")
    volume = volume_of(case, images)
    assert volume.unit.name == "HU"
    assert float(volume.array.min()) == -20.0
    assert float(volume.array.max()) == pytest.approx(100.0)
    assert images.has_finding(case) == any(row["haemorrhage"] == "1" for row in case.rows)


def test_slices_are_put_in_order(tmp_path: Path) -> None:
    text = "file,mask,patient,slice\nb.jpg,,P,10\na.jpg,m.png,P,9\nc.jpg,,Q,1\n"
    (tmp_path / "slices.csv").write_text(text)
    first, second = cases(tmp_path)
    assert [path.name for path in first.images] == ["a.jpg", "b.jpg"]
    assert first.masks == (tmp_path / "m.png", None)
    assert second.patient == "Q"


def test_other_words_for_a_column_are_understood(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("Image Index,Patient ID,Finding Labels\na.png,7,A|B\n")
    (case,) = cases(tmp_path)
    assert case.patient == "7"
    assert Images(targets=("B", "C")).targets_of(case.row) == (1.0, 0.0)


def test_a_group_takes_the_place_of_the_patient(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,patient,cluster\na.png,1,c\nb.png,2,c\n")
    assert {case.patient for case in cases(tmp_path, group="cluster")} == {"c"}
    with pytest.raises(InputRefused, match="nothing in the column site"):
        cases(tmp_path, group="site")


def test_class_folders_below_splits(tmp_path: Path) -> None:
    for split, kind in (("train", "a"), ("train", "b"), ("val", "a")):
        (tmp_path / split / kind).mkdir(parents=True)
        Image.fromarray(np.eye(4, dtype=np.uint8) * 200).save(tmp_path / split / kind / "1.png")
    found = cases(tmp_path)
    assert recognise(tmp_path).name == "class-folders"
    assert [(case.row["split"], case.row["label"]) for case in found] == [
        ("train", "a"),
        ("train", "b"),
        ("val", "a"),
    ]


def test_chest_xray14_as_published(tmp_path: Path) -> None:
    (tmp_path / "images_001" / "images").mkdir(parents=True)
    Image.new("L", (8, 8)).save(tmp_path / "images_001" / "images" / "1_000.png")
    header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender"
    (tmp_path / "Data_Entry_2017.csv").write_text(
        f"{header},View Position\n1_000.png,Mass|Nodule,0,1,58,M,PA\n"
    )
    (tmp_path / "BBox_List_2017.csv").write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n1_000.png,Mass,1,2,3,4,,,\n"
    )
    (tmp_path / "test_list.txt").write_text("1_000.png\n")
    (case,) = cases(tmp_path)
    assert (case.patient, case.row["view"], case.row["split"]) == ("1", "PA", "test")
    assert (case.boxes[0].x, case.boxes[0].h, case.boxes[0].label) == (1.0, 4.0, "Mass")


def test_binary_batches_give_their_pixels(tmp_path: Path) -> None:
    (tmp_path / "batches.meta.txt").write_text("plane\ncar\n")
    colours = np.arange(3 * 1024, dtype=np.uint32).astype(np.uint8)
    (tmp_path / "data_batch_1.bin").write_bytes(bytes([1]) + colours.tobytes())
    (case,) = cases(tmp_path)
    assert case.row == {"label": "car", "split": "train"}
    pixels = cifar_batches.pixels(tmp_path / "data_batch_1.bin", 0)
    assert pixels[0, 1].tolist() == [1, 1025 % 256, 2049 % 256]
    assert volume_of(case, Images(channel=0)).array[0, 0, 1] == 1


def test_batches_of_the_python_form_are_refused_and_never_opened(tmp_path: Path) -> None:
    # Python form that opens a file for writing when it is loaded.
    harm = f"cbuiltins\nopen\n(S'{tmp_path / 'run'}'\nS'w'\ntR."
    for name in ("batches.meta", "data_batch_1"):
        (tmp_path / name).write_text(harm)
    with pytest.raises(InputRefused, match="could run any program"):
        cases(tmp_path)
    assert not (tmp_path / "run").exists()


def test_coco_leaves_crowds_out(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "a.jpg")
    box = {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]}
    index = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [box, {**box, "iscrowd": 1}],
        "categories": [{"id": 3, "name": "cat"}],
    }
    (tmp_path / "annotations" / "instances_x.json").write_text(json.dumps(index))
    (case,) = cases(tmp_path)
    assert [box.label for box in case.boxes] == ["cat"]


def test_strips_are_cut_and_readers_voted(tmp_path: Path) -> None:
    strip = np.repeat(np.arange(2, dtype=np.uint8), 4)[:, None] * np.ones((8, 4), np.uint8)
    Image.fromarray(strip * 100).save(tmp_path / "i.png")
    # Reader 0 draws slice 0; readers 0, 1 and 2 draw slice 1; one pixel is not known.
    mask = np.where(strip == 0, 1, 7).astype(np.uint8)
    mask[0, 0] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    (tmp_path / "strips.csv").write_text("file,mask,patient,slices,raters\ni.png,m.png,p,2,3\n")
    (case,) = cases(tmp_path)
    volume = volume_of(case, Images())
    assert volume.array.shape == (2, 4, 4)
    assert volume.array[1].min() == 100
    assert case.masks[0] is not None
    drawn = mask_array(case.masks[0])
    assert drawn[0, 0, 0] == 255
    assert drawn[0, 1:].max() == 0
    assert drawn[1].min() == 1


def test_hdf5_names_classes_by_its_attribute(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "set.h5", "w") as file:
        file["images"] = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
        file["label"] = np.asarray([1, 0])
        file["label"].attrs["classes"] = ["none", "nodule"]
        file["patient"] = np.asarray([b"p1", b"p2"])
    first, second = cases(tmp_path)
    assert (first.patient, first.row["label"], second.row["label"]) == ("p1", "nodule", "none")
    assert volume_of(second, Images()).array[0, 0, 0] == 16


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 3).save(tmp_path / "a.png")
    Image.new("L", (4, 8), 3).save(tmp_path / "m.png")
    (tmp_path / "labels.csv").write_text("file,mask,patient\na.png,m.png,p\n")
    (case,) = cases(tmp_path)
    with pytest.raises(InputRefused, match="4 x 8 pixels and its image 8 x 8"):
        truth_of(case, volume_of(case, Images()).series.geometry.shape)


def test_other_folders_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("name,value\na,1\n")
    with pytest.raises(InputRefused, match="no known layout") as caught:
        recognise(tmp_path)
    assert all(layout.about in str(caught.value) for layout in LAYOUTS.values())


def test_an_unreadable_table_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,\xff\xfe\n")
    with pytest.raises(InputRefused, match=r"labels\.csv cannot be read"):
        recognise(tmp_path)
