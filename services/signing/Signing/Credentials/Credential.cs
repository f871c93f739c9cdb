namespace Pechat.Signing.Credentials;

/// <summary>A key of the activation module together with its newest certificate.</summary>
internal sealed record Credential
{
    /// <summary>Columns of a credential; <c>c</c> is the credential and <c>s</c> its state.</summary>
    internal const string Columns = """
        c.id, c.customer_id, c.serial, c.key_algorithm, c.certificate, c.chain, c.not_before, c.not_after, coalesce(s.state, 'active') as state
        """;

    /// <summary>Where <see cref="Columns"/> come from.</summary>
    internal const string Tables = "credential c left join certificate_state s on s.serial = c.serial";

    public required Guid Id { get; init; }
    public required Guid CustomerId { get; init; }
    public required string Serial { get; init; }
    public required string KeyAlgorithm { get; init; }
    public required byte[] Certificate { get; init; }
    public required byte[][] Chain { get; init; }
    public required DateTime NotBefore { get; init; }
    public required DateTime NotAfter { get; init; }
    public required string State { get; init; }

    internal KeyAlgorithm Key => Credentials.KeyAlgorithm.Named(KeyAlgorithm);

    /// <summary><c>cert.status</c> (CSC API §5.5).</summary>
    internal string Status(DateTimeOffset now) => State switch
    {
        "revoked" or "suspended" => State,
        _ => NotAfter <= now.UtcDateTime ? "expired" : "valid",
    };

    /// <summary>Whether the key may sign now (S-11, S0-66).</summary>
    internal bool IsEnabled(DateTimeOffset now) => Status(now) == "valid" && NotBefore <= now.UtcDateTime;
}
