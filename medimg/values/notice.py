"""What every screen, report and DICOM object says; free of numpy, so that `medimg` starts fast."""

RESEARCH_NOTICE = "Research use only – not for diagnosis"
