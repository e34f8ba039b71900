"""The attributes that a scan reads; all others are skipped while parsing."""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword

#: Keywords by module of PS3.3.
KEYWORDS: tuple[str, ...] = (
    # Patient and study
    *("SpecificCharacterSet", "PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("PatientAge", "StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "StudyDescription"),
    *("AccessionNumber", "InstitutionName"),
    # Whether the patient is a person at all
    *("PatientSpeciesDescription", "PatientSpeciesCodeSequence", "PatientBreedDescription"),
    *("PatientBreedCodeSequence", "BreedRegistrationSequence", "StrainDescription"),
    *("StrainNomenclature", "StrainCodeSequence", "StrainStockSequence", "PatientSexNeutered"),
    *("GeneticModificationsSequence", "ResponsiblePersonRole", "AnatomicalOrientationType"),
    *("QualityControlSubject",),
    # Series, equipment, frame of reference
    *("Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "ProtocolName"),
    *("BodyPartExamined", "PatientPosition", "Laterality", "ImageLaterality"),
    *("Manufacturer", "ManufacturerModelName", "FrameOfReferenceUID"),
    # Image
    *("SOPClassUID", "SOPInstanceUID", "InstanceNumber", "ImageType", "AcquisitionNumber"),
    *("AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime", "ImageComments"),
    *("TemporalPositionIdentifier", "TemporalPositionIndex", "TriggerTime", "FrameReferenceTime"),
    *("NominalPercentageOfCardiacPhase", "NominalCardiacTriggerDelayTime", "StackID"),
    *("NominalPercentageOfRespiratoryPhase", "FrameAcquisitionDateTime", "AcquisitionDateTime"),
    *("InStackPositionNumber", "ConcatenationUID", "ConcatenationFrameOffsetNumber"),
    *("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SliceThickness"),
    *("GridFrameOffsetVector", "DoseGridScaling", "DoseUnits"),
    *("SpacingBetweenSlices", "PatientOrientation", "PixelSpacing", "ImagerPixelSpacing"),
    *("NominalScannedPixelSpacing", "PixelAspectRatio", "PixelSpacingCalibrationType"),
    "PixelSpacingCalibrationDescription",
    *("EstimatedRadiographicMagnificationFactor", "SequenceOfUltrasoundRegions"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "BurnedInAnnotation"),
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated"),
    *("BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration", "NumberOfFrames"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence"),
    "RedPaletteColorLookupTableDescriptor",
    *("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction"),
    *("VOILUTSequence", "PixelPaddingValue", "PixelPaddingRangeLimit", "PresentationLUTShape"),
    # Radiograph
    *("ViewPosition", "ViewCodeSequence", "KVP", "ExposureTime", "XRayTubeCurrent", "Exposure"),
    # CT
    *(
        "GantryDetectorTilt",
        "ConvolutionKernel",
        "ContrastBolusAgent",
        "ContrastBolusAgentSequence",
        "ContrastBolusAgentPhase",
        "MonoenergeticEnergyEquivalent",
    ),
    # MR
    *("ScanningSequence", "SequenceVariant", "SequenceName", "PulseSequenceName"),
    *("RepetitionTime", "EchoTime", "EffectiveEchoTime", "InversionTime", "InversionTimes"),
    *("FlipAngle", "EchoNumbers", "EchoTrainLength", "MagneticFieldStrength"),
    *("MRAcquisitionType", "DiffusionBValue", "AcquisitionContrast", "InversionRecovery"),
    *("DiffusionGradientOrientation", "DiffusionGradientDirectionSequence"),
    *("DiffusionDirectionality",),
    *("EchoPulseSequence", "EchoPlanarPulseSequence", "ComplexImageComponent", "FrameType"),
    # Nuclear medicine: which slice, time slot and energy window each frame is
    *("DetectorInformationSequence", "SliceVector", "TimeSlotVector", "EnergyWindowVector"),
    # Frames of multi-frame objects
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)

#: Groups of overlay planes: sixteen, even (PS3.5 7.6).
OVERLAY_GROUPS = tuple(range(0x6000, 0x6020, 2))
#: OverlayRows of each: that it is there is enough for a scan to know (PS3.3 C.9.2).
OVERLAY_ROWS = tuple(group << 16 | 0x0010 for group in OVERLAY_GROUPS)
#: Blocks of a private group in which creators are looked for (PS3.5 7.8.1). Makers use the first;
#: archives that add elements of their own to a group move them by one or two.
BLOCKS = range(0x10, 0x14)
#: Groups of private elements that a scan keeps, and the lower bytes of their numbers: what MR says
#: of diffusion, and of several slices in one picture, where it does not say it by the Standard.
PRIVATE_GROUPS: dict[int, tuple[int, ...]] = {
    0x0019: (0x0A, 0x0C, 0x0E, 0x9C, 0xB3, 0xBB, 0xBC, 0xBD),
    0x0043: (0x39,),
    0x0065: (0x09, 0x37, 0x50),
    0x2001: (0x03,),
    0x2005: (0xB0, 0xB1, 0xB2),
}
#: What all of them are called where elements are told apart by keyword.
PRIVATE = "private elements"


def _private_tags() -> list[int]:
    """Creators, and the elements of each block that they may have reserved."""
    tags = []
    for group, elements in PRIVATE_GROUPS.items():
        tags += [group << 16 | block for block in BLOCKS]
        tags += [group << 16 | block << 8 | element for block in BLOCKS for element in elements]
    return tags


#: Keyword by tag of everything that a scan keeps.
KEYWORD_OF: dict[int, str] = {
    **{tag: keyword for keyword in KEYWORDS if (tag := tag_for_keyword(keyword))},
    **dict.fromkeys(OVERLAY_ROWS, "OverlayRows"),
    **dict.fromkeys(_private_tags(), PRIVATE),
}
