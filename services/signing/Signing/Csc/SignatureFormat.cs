namespace Pechat.Signing.Csc;

/// <summary>signature_format of signDoc (CSC API v2 §5.12); the value is its letter, which is also stored.</summary>
internal enum SignatureFormat : byte
{
    /// <summary>CAdES.</summary>
    Cades = (byte)'C',

    /// <summary>JAdES.</summary>
    Jades = (byte)'J',

    /// <summary>PAdES.</summary>
    Pades = (byte)'P',

    /// <summary>XAdES.</summary>
    Xades = (byte)'X',
}

/// <summary>Which formats are offered, and how a signature may be packed in each; the first is what is done when nothing is asked for.</summary>
internal static class SignatureFormats
{
    internal static readonly string[] Letters = ["P", "C", "J", "X"];

    internal static readonly string[][] Envelopes = [["Revision"], ["Attached", "Detached"], ["Attached"], ["Enveloped", "Enveloping"]];

    internal static SignatureFormat? Find(string letter) => Array.IndexOf(Letters, letter) < 0 ? null : (SignatureFormat)(byte)letter[0];

    /// <summary>A signature that carries its content, or that XML or JSON wraps, cannot be made from a digest alone.</summary>
    internal static string[] EnvelopesOfDigests(SignatureFormat format) => format switch
    {
        SignatureFormat.Pades => ["Revision"],
        SignatureFormat.Cades => ["Detached"],
        _ => [],
    };

    internal static string[] EnvelopesOf(SignatureFormat format) => Envelopes[Array.IndexOf(Letters, ((char)format).ToString())];
}
