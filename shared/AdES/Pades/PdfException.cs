namespace Pechat.AdES.Pades;

/// <summary>Why a PDF is refused.</summary>
public enum PdfProblem
{
    /// <summary>The file breaks the syntax or structure of ISO 32000, or exceeds a bound of the reader.</summary>
    Malformed,

    /// <summary>The file is encrypted.</summary>
    Encrypted,

    /// <summary>The file is sound but cannot be signed here: certified against changes, a locked or taken field, a dynamic XFA form.</summary>
    NotSignable,

    /// <summary>The signature does not fit into the room that was prepared for it.</summary>
    TooSmall,
}

/// <summary>The only exception by which a PDF is refused; its message is written for whoever sent the file.</summary>
#pragma warning disable CA1032 // A refusal without its problem would be meaningless, so the standard constructors are left out.
public sealed class PdfException(PdfProblem problem, string message) : Exception(message)
#pragma warning restore CA1032
{
    /// <summary>Why.</summary>
    public PdfProblem Problem { get; } = problem;

    internal static PdfException Malformed(string message) => new(PdfProblem.Malformed, message);
}
