namespace Pechat.Signing.Transactions;

/// <summary>A row of <c>signing_transaction</c>: one request to a signer.</summary>
internal sealed record SigningTransaction
{
    internal const string Columns = """
        t.id, t.customer_id, t.credential_id, t.client_id, t.payer, t.purpose, t.description, t.kind, t.hash_algorithm, t.signature_algorithm,
        t.signature_parameters, t.names, t.digests, t.displayed, t.challenge, t.state, t.remaining, t.created_at, t.expires_at, t.sad_expires_at, t.sad_version
        """;

    /// <summary>The columns that a signature with a SAD needs; the digests, which may be a thousand, are checked by the activation module.</summary>
    internal const string KeyColumns = """
        t.id, t.customer_id, t.credential_id, t.client_id, t.kind, t.hash_algorithm, t.state, t.remaining, t.sad_expires_at, t.sad_version
        """;

    /// <summary>The digests are what the key signs.</summary>
    internal const string Dtbsr = "DTBSR";

    /// <summary>The digests are those of documents or byte ranges; the key signs attributes that carry them.</summary>
    internal const string Sdr = "SDR";

    public required Guid Id { get; init; }
    public required Guid CustomerId { get; init; }
    public required Guid CredentialId { get; init; }
    public required string ClientId { get; init; }

    /// <summary><c>customer</c> or <c>client</c>.</summary>
    public required string Payer { get; init; }

    /// <summary><c>authorization</c>: the client signs with a SAD. <c>documents</c>: this service signs prepared files.</summary>
    public required string Purpose { get; init; }
    public required string Description { get; init; }
    public required string Kind { get; init; }
    public required string HashAlgorithm { get; init; }
    public string? SignatureAlgorithm { get; init; }
    public byte[]? SignatureParameters { get; init; }
    public required string[] Names { get; init; }
    public required byte[][] Digests { get; init; }
    public byte[] Displayed { get; init; } = [];
    public string Challenge { get; init; } = "";

    /// <summary>
    /// pending → confirming → active → completed; documents pass through signing; rejected, expired, closed and failed are ends.
    /// </summary>
    public string State { get; init; } = "pending";
    public required int Remaining { get; init; }
    public required DateTime CreatedAt { get; init; }
    public required DateTime ExpiresAt { get; init; }
    public DateTime? SadExpiresAt { get; init; }

    /// <summary>How often the SAD was renewed.</summary>
    public int SadVersion { get; init; }
}
