"""The kinds of endpoint by engine name, and the KV methods by method name."""

from ..core.registry import Registry

MODELS = Registry(
    "models",
    {
        "constant": "evalrun.models.constant:ConstantModel",
        "litellm": "evalrun.models.litellm_model:LiteLLMModel",
        "openai": "evalrun.models.openai_model:OpenAIModel",
        "recorded": "evalrun.models.recorded:RecordedModel",
        "torch": "evalrun.models.local.torch_model:TorchModel",
        "torch_classifier": "evalrun.models.classifier.model:ClassifierModel",
        "torch_vision": "evalrun.models.local.vision_model:VisionModel",
        "vllm": "evalrun.models.on_vllm.model:VLLMModel",
    },
)

KV_METHODS = Registry(
    "kv",
    {
        "a_shape": "evalrun.models.kv.a_shape:AShape",
        "adakv": "evalrun.models.kv.adakv:AdaKV",
        "cacheblend": "evalrun.models.kv.cacheblend:CacheBlend",
        "composed": "evalrun.models.kv.composed:Composed",
        "expected_attention": "evalrun.models.kv.expected_attention:ExpectedAttention",
        "full": "evalrun.models.kv.full:Full",
        "h2o": "evalrun.models.kv.h2o:H2O",
        "keydiff": "evalrun.models.kv.keydiff:KeyDiff",
        "kivi": "evalrun.models.kv.kivi:KIVI",
        "knorm": "evalrun.models.kv.knorm:Knorm",
        "llmlingua2": "evalrun.models.kv.llmlingua2:LLMLingua2",
        "kvzip": "evalrun.models.kv.kvzip:KVzip",
        "minference": "evalrun.models.kv.minference:MInference",
        "press": "evalrun.models.kv.press:KVPress",
        "pyramidkv": "evalrun.models.kv.pyramidkv:PyramidKV",
        "quest": "evalrun.models.kv.quest:Quest",
        "retrieval_attention": "evalrun.models.kv.retrieval_attention:RetrievalAttention",
        "snapkv": "evalrun.models.kv.snapkv:SnapKV",
        "streamingllm": "evalrun.models.kv.streamingllm:StreamingLLM",
        "tova": "evalrun.models.kv.tova:TOVA",
        "tri_shape": "evalrun.models.kv.tri_shape:TriShape",
        "windowkv": "evalrun.models.kv.windowkv:WindowKV",
    },
)
