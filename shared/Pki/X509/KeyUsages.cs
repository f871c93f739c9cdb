namespace Pechat.Pki;

/// <summary>KeyUsage bits (RFC 5280 §4.2.1.3); the numbers follow the named bit list, first bit lowest.</summary>
[Flags]
public enum KeyUsages
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>Signatures other than on certificates and CRLs.</summary>
    DigitalSignature = 1,

    /// <summary>Also named contentCommitment: signatures that bind their maker.</summary>
    NonRepudiation = 2,

    /// <summary>Encrypts keys.</summary>
    KeyEncipherment = 4,

    /// <summary>Encrypts data.</summary>
    DataEncipherment = 8,

    /// <summary>Key agreement.</summary>
    KeyAgreement = 16,

    /// <summary>Signs certificates.</summary>
    KeyCertSign = 32,

    /// <summary>Signs CRLs.</summary>
    CrlSign = 64,

    /// <summary>Key agreement for enciphering only.</summary>
    EncipherOnly = 128,

    /// <summary>Key agreement for deciphering only.</summary>
    DecipherOnly = 256,
}
