using Pechat.Contracts;

namespace Pechat.Hosting.Jose;

/// <summary>Reads what a phone has signed.</summary>
public static class DeviceProof
{
    /// <summary>How far a phone's clock may be off.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Verifies signature, time and the members that must be exactly so.</summary>
    /// <param name="token">Compact JWS as the phone sent it.</param>
    /// <param name="key">The device's key.</param>
    /// <param name="now">The current time; <c>iat</c> may be off by <see cref="Tolerance"/>.</param>
    /// <param name="members">Payload members and their exact texts.</param>
    /// <exception cref="FaultException">Anything else than a fresh proof by that key over those members.</exception>
    public static void ThrowUnlessProven(string? token, EcPublicKey key, DateTimeOffset now, params (string Member, string Value)[] members)
    {
        CompactJws jws;
        try
        {
            jws = CompactJws.Parse(token);
        }
        catch (FormatException e)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_proof", e.Message, e);
        }
        if (!jws.IsSignedBy(key) || !members.All(m => jws.Has(m.Member, m.Value)) || !(jws.Time("iat") is { } at && (now - at).Duration() <= Tolerance))
            throw FaultException.Forbidden("invalid_proof", "the proof is not a fresh one by the device's key over this very request");
    }
}
