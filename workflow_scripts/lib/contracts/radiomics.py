"""Tables of the radiomics stage."""

from workflow_scripts.lib.contracts.base import INTEGER, NUMBER, STRING, Contract, Field

STANDARDISED = Contract(
    "standardised",
    (
        Field("patient_id", STRING, "the patient"),
        Field("image_id", STRING, "the patient's index image, as in the images table"),
        Field("path", STRING, "the image in the bundle beside this table: 8-bit grey, PNG, square"),
        Field("mask_path", STRING, "its mask in the bundle, 0 outside and 255 inside", nullable=True),
        Field("side", INTEGER, "rows and columns", "pixels"),
        Field("patch", INTEGER, "rows and columns of a patch; patches fill the image and do not overlap", "pixels"),
        Field("spacing_mm", NUMBER, "from one pixel's centre to that of its right neighbour, where known", "mm", nullable=True),
        Field("row_spacing_mm", NUMBER, "from one row's centre to the next; differs where the image was stretched", "mm", nullable=True),
        Field("left", INTEGER, "columns of the source left of the box that is shown", "pixels of the source"),
        Field("top", INTEGER, "rows of the source above it", "pixels of the source"),
        Field("width", INTEGER, "columns of the box", "pixels of the source"),
        Field("height", INTEGER, "rows of the box", "pixels of the source"),
        Field("pad_left", INTEGER, "columns of padding left of the box", "pixels"),
        Field("pad_top", INTEGER, "rows of padding above the box", "pixels"),
        Field("scale_x", NUMBER, "pixels per pixel of the source, along a row", "ratio"),
        Field("scale_y", NUMBER, "pixels per pixel of the source, down a column", "ratio"),
        Field("grey_low", NUMBER, "grey level of the source that became 0", "grey level"),
        Field("grey_high", NUMBER, "grey level of the source that became 255", "grey level"),
        Field("sha256", STRING, "digest of the PNG"),
    ),
    key=("patient_id",),
    checks=(("the box has pixels", lambda rows: (rows["width"] > 0) & (rows["height"] > 0)),),
)
