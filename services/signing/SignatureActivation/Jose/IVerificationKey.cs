namespace Pechat.SignatureActivation.Jose;

/// <summary>A public key that verifies the signature of a JWS.</summary>
internal interface IVerificationKey
{
    /// <summary>The one <c>alg</c> that the key takes (RFC 7518 §3.1), so that nobody chooses another for it.</summary>
    string Algorithm { get; }

    /// <summary>The members of RFC 7638 §3.2 in their order.</summary>
    string Canonical { get; }

    /// <summary>RFC 7638, base64url.</summary>
    string Thumbprint { get; }

    bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
