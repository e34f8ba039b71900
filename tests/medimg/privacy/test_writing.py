"""Files come out in the syntax that their pixels are in, whole by the rules of Part 5."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_fragments
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medimg.privacy.instance import Request, State, deidentify
from medimg.privacy.secret import Secret

WISH = Request(Secret(bytes(32)), keeps_flagged=True)


def test_fragment_of_odd_length_is_padded(tmp_path: Path) -> None:
    """An odd fragment shifted the delimiter behind it by one, and the pixels were lost."""
    source = pydicom.dcmread(get_testdata_file("MR_small_jpeg_ls_lossless.dcm"))
    *_, fragment = generate_fragments(source.PixelData)
    stream = fragment.rstrip(b"\0")
    stream += b"\0" * (1 - len(stream) % 2)
    odd = b"\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0" + len(stream).to_bytes(4, "little") + stream
    raw = Path(get_testdata_file("MR_small_jpeg_ls_lossless.dcm")).read_bytes()
    start = raw.index(b"\xe0\x7f\x10\0OW\0\0\xff\xff\xff\xff") + 12
    (tmp_path / "odd.dcm").write_bytes(raw[:start] + odd + b"\xfe\xff\xdd\xe0\0\0\0\0")
    assert len(odd) % 2 == 1
    outcome = deidentify(tmp_path / "odd.dcm", WISH)
    after = pydicom.dcmread(BytesIO(outcome.data))
    assert all(len(part) % 2 == 0 for part in generate_fragments(after.PixelData))
    np.testing.assert_array_equal(after.pixel_array, source.pixel_array)


def test_syntax_that_pydicom_does_not_know(tmp_path: Path) -> None:
    """Deflated frames come through byte for byte."""
    native = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    stream = engine.compress(native.PixelData) + engine.flush()
    stream += b"\0" * (len(stream) % 2)
    newer, old = UID("1.2.840.10008.1.2.8.1"), b"1.2.840.10008.1.2.4.80"
    raw = Path(get_testdata_file("MR_small_jpeg_ls_lossless.dcm")).read_bytes()
    start = raw.index(b"\xe0\x7f\x10\0OW\0\0\xff\xff\xff\xff") + 12
    head = raw[:start].replace(old, newer.encode().ljust(len(old), b"\0"))
    item = b"\xfe\xff\0\xe0" + len(stream).to_bytes(4, "little") + stream
    tail = b"\xfe\xff\xdd\xe0\0\0\0\0"
    (tmp_path / "new.dcm").write_bytes(head + b"\xfe\xff\0\xe0\0\0\0\0" + item + tail)
    outcome = deidentify(tmp_path / "new.dcm", WISH)
    assert outcome.state is State.WRITTEN, outcome.reasons
    after = pydicom.dcmread(BytesIO(outcome.data))
    assert after.file_meta.TransferSyntaxUID == newer
    (frame,) = (part for part in generate_fragments(after.PixelData) if part)
    assert zlib.decompress(frame, -zlib.MAX_WBITS) == native.PixelData


def test_a_wrong_transfer_syntax_is_set_right(tmp_path: Path) -> None:
    """A file that calls itself explicit and is implicit is written as what it is."""
    source = pydicom.dcmread(get_testdata_file("MR_small_implicit.dcm"))
    raw = Path(get_testdata_file("MR_small_implicit.dcm")).read_bytes()
    wrong = raw.replace(b"1.2.840.10008.1.2\0", ExplicitVRLittleEndian.encode()[:17] + b"\0", 1)
    path = tmp_path / "wrong.dcm"
    path.write_bytes(wrong)
    outcome = deidentify(path, WISH)
    after = pydicom.dcmread(BytesIO(outcome.data))
    assert after.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    np.testing.assert_array_equal(after.pixel_array, source.pixel_array)
