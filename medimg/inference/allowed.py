"""The names and arguments that a configuration may use; everything else is refused.

An argument is listed only where plain data can fill it and where it neither opens a connection,
nor reads a file, nor chooses a device. MONAI's networks fetch published weights by some of theirs
(EfficientNetBN does so by default): those are `FIXED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Arguments = tuple[str, ...]


def _words(text: str) -> Arguments:
    return tuple(text.split())


_U_NET = "spatial_dims in_channels out_channels channels strides kernel_size up_kernel_size dropout"
_CONVOLUTION = _words(
    "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode"
)
_SLIDING = "roi_size sw_batch_size overlap mode sigma_scale padding_mode cval"

_TRANSFORMS: dict[str, Arguments] = {
    "Compose": _words("transforms map_items unpack_items lazy"),
    "EnsureType": _words("data_type dtype wrap_sequence track_meta"),
    "CastToType": _words("dtype"),
    "RepeatChannel": _words("repeats"),
    "Orientation": _words("axcodes as_closest_canonical labels lazy"),
    "Spacing": _words(
        "pixdim diagonal mode padding_mode align_corners dtype scale_extent recompute_affine "
        "min_pixdim max_pixdim lazy"
    ),
    "Resize": _words(
        "spatial_size size_mode mode align_corners anti_aliasing anti_aliasing_sigma dtype lazy"
    ),
    "Zoom": _words("zoom mode padding_mode align_corners dtype keep_size lazy value"),
    "Flip": _words("spatial_axis lazy"),
    "Rotate90": _words("k spatial_axes lazy"),
    "CropForeground": _words(
        "channel_indices margin allow_smaller return_coords k_divisible mode lazy value"
    ),
    "ResizeWithPadOrCrop": _words("spatial_size method mode lazy value"),
    "SpatialPad": _words("spatial_size method mode lazy value"),
    "BorderPad": _words("spatial_border mode lazy value"),
    "DivisiblePad": _words("k method mode lazy value"),
    "CenterSpatialCrop": _words("roi_size lazy"),
    "NormalizeIntensity": _words("subtrahend divisor nonzero channel_wise dtype"),
    "ScaleIntensity": _words("minv maxv factor channel_wise dtype"),
    "ScaleIntensityRange": _words("a_min a_max b_min b_max clip dtype"),
    "ScaleIntensityRangePercentiles": _words(
        "lower upper b_min b_max clip relative channel_wise dtype"
    ),
    "ThresholdIntensity": _words("threshold above cval"),
    "ShiftIntensity": _words("offset safe"),
    "Activations": _words("sigmoid softmax dim"),
    "AsDiscrete": _words("argmax to_onehot threshold rounding dim keepdim dtype"),
    "FillHoles": _words("applied_labels connectivity"),
    "KeepLargestConnectedComponent": _words(
        "applied_labels is_onehot independent connectivity num_components"
    ),
    "RemoveSmallObjects": _words("min_size connectivity independent_channels by_measure pixdim"),
}

_NETWORKS: dict[str, Arguments] = {
    "UNet": _words(f"{_U_NET} num_res_units act norm bias adn_ordering"),
    "BasicUNet": _words(
        "spatial_dims in_channels out_channels features act norm bias dropout upsample"
    ),
    "DynUNet": _words(
        "spatial_dims in_channels out_channels kernel_size strides upsample_kernel_size filters "
        "dropout norm_name act_name deep_supervision deep_supr_num res_block trans_bias"
    ),
    "AttentionUnet": _words(_U_NET),
    "SegResNet": _words(
        "spatial_dims init_filters in_channels out_channels dropout_prob act norm norm_name "
        "num_groups use_conv_final blocks_down blocks_up upsample_mode"
    ),
    "FlexibleUNet": _words(
        "in_channels out_channels backbone decoder_channels spatial_dims norm act dropout "
        "decoder_bias upsample pre_conv interp_mode is_pad"
    ),
    "Classifier": _words(
        "in_shape classes channels strides kernel_size num_res_units act norm dropout bias last_act"
    ),
    "DenseNet121": _words(
        "spatial_dims in_channels out_channels init_features growth_rate block_config bn_size act "
        "norm dropout_prob"
    ),
    "EfficientNetBN": _words("model_name spatial_dims in_channels num_classes norm adv_prop"),
    "ResNet": _words(
        "block layers block_inplanes spatial_dims n_input_channels conv1_t_size conv1_t_stride "
        "no_max_pool shortcut_type widen_factor num_classes feed_forward bias_downsample act norm"
    ),
    "SwinUNETR": _words(
        "in_channels out_channels patch_size depths num_heads window_size qkv_bias mlp_ratio "
        "feature_size norm_name drop_rate attn_drop_rate dropout_path_rate normalize norm_layer "
        "patch_norm use_checkpoint spatial_dims downsample use_v2"
    ),
}
_LINEAR = "in_channels num_classes width dropout"
_ATTENTION = "in_channels num_classes hidden_size num_layers num_heads dropout_rate"

#: Module: names that a configuration may use from it, each with the arguments that it may give.
ALLOWED: dict[str, dict[str, Arguments]] = {
    "monai.transforms": _TRANSFORMS,
    "monai.inferers": {
        "SimpleInferer": (),
        "SliceInferer": _words(f"spatial_dim {_SLIDING}"),
        "SlidingWindowInferer": _words(_SLIDING),
    },
    "monai.networks.nets": _NETWORKS,
    "torch.nn": {"Conv2d": _CONVOLUTION, "Conv3d": _CONVOLUTION},
    "medimg.inference.networks": {
        "EfficientNetLite0": _words("in_channels num_classes dropout"),
        "LiteOpacityNet": _words("in_channels top_cells dropout"),
        "LiteUNet": _words("in_channels out_channels decoder"),
    },
    "medimg.inference.classic_networks": {
        "LeNet5": _words("in_channels num_classes"),
        "AlexNet": _words(_LINEAR),
        "VGG": _words(f"depth {_LINEAR}"),
    },
    "medimg.inference.mobile_network": {
        "MobileNetV3Small": _words("in_channels num_classes dropout")
    },
    "medimg.inference.attention_networks": {
        "VisionTransformer": _words(f"{_ATTENTION} img_size patch_size mlp_dim qkv_bias"),
        "ConvolutionalTransformer": _words(f"{_ATTENTION} grid"),
    },
    "medimg.inference.detector_network": {"LightDetector": _words("in_channels num_classes")},
    "medimg.inference.outlining.network": {
        "OutlineNet": _words("in_channels out_channels widths"),
    },
    "medimg.inference.foreground": {"ForegroundGrey": ()},
    "medimg.inference.head_box": {"HeadBox": _words("above margin")},
    "medimg.inference.inferers": {
        "MirrorInferer": _words("inferer mean"),
        "NeighbourInferer": _words("neighbours sw_batch_size"),
    },
    "medimg.inference.postprocessing": {"DropSmallParts": _words("share minimum")},
}

#: Arguments that the program sets itself. A configuration may repeat the value, not change it.
FIXED: dict[str, Mapping[str, Any]] = {
    "DenseNet121": {"pretrained": False, "progress": False},
    "EfficientNetBN": {"pretrained": False, "progress": False},
    "FlexibleUNet": {"pretrained": False},
}
