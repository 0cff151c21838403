// Words that WGSL keeps for itself: no name of a kernel may be one of them.

const KEYWORDS =
  "alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if let loop override requires return struct switch true var while";

/** Reserved for later versions of the language (WGSL, "Reserved Words"). */
const RESERVED =
  "NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become binding_array cast catch class co_await co_return co_yield coherent column_major common compile compile_fragment concept const_cast consteval constexpr constinit crate debugger decltype delete demote demote_to_helper do dynamic_cast enum explicit export extends extern external fallthrough filter final finally friend from fxgroup get goto groupshared highp impl implements import inline instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut mutable namespace new nil noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of operator package packoffset partial pass patch pixelfragment precise precision premerge priv protected pub public readonly ref regardless register reinterpret_cast require resource restrict self set shared sizeof smooth snorm static static_assert static_cast std subroutine super target template this thread_local throw trait try type typedef typeid typename typeof union unless unorm unsafe unsized use using varying virtual volatile wgsl where with writeonly yield";

/** Predeclared types and functions: a local of that name would hide what a kernel calls. */
const PREDECLARED =
  "bool i32 u32 f32 f16 array atomic vec2 vec3 vec4 vec2u vec3u vec4u vec2f vec3f vec4f vec2i vec3i vec4i mat2x2 mat3x3 mat4x4 ptr sampler bitcast all any select arrayLength abs acos acosh asin asinh atan atanh atan2 ceil clamp cos cosh countLeadingZeros countOneBits countTrailingZeros cross degrees determinant distance dot exp exp2 extractBits faceForward firstLeadingBit firstTrailingBit floor fma fract frexp insertBits inverseSqrt ldexp length log log2 max min mix modf normalize pow quantizeToF16 radians reflect refract reverseBits round saturate sign sin sinh smoothstep sqrt step tan tanh transpose trunc function private workgroup uniform storage read write read_write";

export const WGSL_WORDS: readonly string[] = `${KEYWORDS} ${RESERVED} ${PREDECLARED}`.split(" ");
