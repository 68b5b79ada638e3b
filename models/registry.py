"""The kinds of endpoint by engine name, and the KV methods by method name."""

from ..core.registry import Registry

MODELS = Registry(
    "models",
    {
        "litellm": "evalrun.models.litellm_model:LiteLLMModel",
        "recorded": "evalrun.models.recorded:RecordedModel",
        "torch": "evalrun.models.local.torch_model:TorchModel",
        "vllm": "evalrun.models.vllm_model:VLLMModel",
    },
)

KV_METHODS = Registry(
    "kv",
    {
        "expected_attention": "evalrun.models.kv.expected_attention:ExpectedAttention",
        "full": "evalrun.models.kv.full:Full",
        "kivi": "evalrun.models.kv.kivi:KIVI",
        "knorm": "evalrun.models.kv.knorm:Knorm",
        "pyramidkv": "evalrun.models.kv.pyramidkv:PyramidKV",
        "snapkv": "evalrun.models.kv.snapkv:SnapKV",
        "streamingllm": "evalrun.models.kv.streamingllm:StreamingLLM",
        "tova": "evalrun.models.kv.tova:TOVA",
    },
)
