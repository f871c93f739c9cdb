namespace Pechat.AdES;

/// <summary>A signature, its container or an order to extend it is refused; the message is written for whoever sent the file.</summary>
#pragma warning disable CA1032 // A refusal without a reason would be meaningless, so the parameterless constructor is left out.
public sealed class SignatureException : Exception
#pragma warning restore CA1032
{
    /// <summary>Refuses.</summary>
    /// <param name="message">Why.</param>
    public SignatureException(string message)
        : base(message)
    {
    }

    /// <summary>Refuses what a reader of the platform could not read.</summary>
    /// <param name="message">Why.</param>
    /// <param name="cause">What the reader said.</param>
    public SignatureException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
