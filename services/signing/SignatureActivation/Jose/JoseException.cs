namespace Pechat.SignatureActivation.Jose;

/// <summary>The only exception of the readers in this folder: a message is malformed, or does not verify.</summary>
/// <param name="message">What is wrong; quotes no content.</param>
#pragma warning disable CA1032 // The message is the whole of it.
internal sealed class JoseException(string message) : Exception(message);
#pragma warning restore CA1032
