using System.ComponentModel.DataAnnotations;

namespace Pechat.Signing;

/// <summary>Section <c>Signing</c> of the configuration.</summary>
internal sealed class SigningOptions : IValidatableObject
{
    /// <summary>File with at least 32 random bytes, the key from which every SAD is derived. The same for all replicas.</summary>
    [Required]
    public string SecretFile { get; init; } = "";

    /// <summary>How long a signer may take to confirm <c>credentials/authorize</c> (D-19).</summary>
    [Range(typeof(TimeSpan), "00:00:30", "30.00:00:00")]
    public TimeSpan ConfirmationLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long <c>signDoc</c> in operationMode S waits for the signer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan SynchronousWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a SAD stays usable after the signer confirmed (D-19).</summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan SadLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Signatures that one authorisation may cover (D-20).</summary>
    [Range(1, 1000)]
    public int MultiSign { get; init; } = 1000;

    /// <summary>Requests of one client that may wait for one signer's decision at a time (D-23).</summary>
    [Range(1, 1000)]
    public int MaxWaitingRequests { get; init; } = 100;

    /// <summary>Bytes that the body of <c>signDoc</c> may have (D-20).</summary>
    [Range(1024, 512 * 1024 * 1024)]
    public int MaxDocumentRequestBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Default time that a result of operationMode A is kept (D-19).</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan ResultLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a signed file waits here for the archive.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan DocumentLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often expired and half-done transactions are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long signatures made with a SAD are gathered before one event tells of them.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What <c>info</c> says about the provider.</summary>
    public ProviderOptions Provider { get; init; } = new();

    /// <summary>Relying parties by OAuth client id. A client that is not listed shows its id, and the signer pays.</summary>
    public Dictionary<string, ClientOptions> Clients { get; init; } = [];

    /// <summary>Name of a client as the signer sees it.</summary>
    internal string NameOf(string clientId) => Clients.TryGetValue(clientId, out ClientOptions? client) && client.Name.Length > 0 ? client.Name : clientId;

    /// <summary><c>client</c> or <c>customer</c>.</summary>
    internal string PayerFor(string clientId) => Clients.TryGetValue(clientId, out ClientOptions? client) && client.Pays ? "client" : "customer";

    /// <summary>A <c>response_uri</c> if it is registered for the client, letter by letter (D-21).</summary>
    internal Uri? ResponseUriOf(string clientId, string uri) =>
        Clients.TryGetValue(clientId, out ClientOptions? client) && client.ResponseUris.Contains(uri, StringComparer.Ordinal) ? new Uri(uri) : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SecretFile.Length > 0 && (!File.Exists(SecretFile) || new FileInfo(SecretFile).Length < 32))
            yield return new ValidationResult("Signing:SecretFile must name a file of at least 32 bytes", [nameof(SecretFile)]);
        foreach (string uri in Clients.Values.SelectMany(client => client.ResponseUris))
        {
            if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) || parsed.Scheme != Uri.UriSchemeHttps)
                yield return new ValidationResult($"Signing:Clients: a response address must be an absolute https URI, not {uri}", [nameof(Clients)]);
        }
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(Provider, new ValidationContext(Provider), results, validateAllProperties: true);
        foreach (ValidationResult result in results)
            yield return result;
    }
}

/// <summary>Section <c>Signing:Provider</c>: members of <c>info</c> (CSC API §5.1).</summary>
internal sealed class ProviderOptions
{
    [Required, RegularExpression(@"[12]\.\d+\.\d+\.\d+")]
    public string Specs { get; init; } = "2.2.0.0";

    [Required, StringLength(255)]
    public string Name { get; init; } = "Pechat";

    /// <summary>Published JPEG or PNG of at most 256 × 256 pixels.</summary>
    [Required, Url]
    public string Logo { get; init; } = "https://localhost:18443/logo.png";

    [Required, RegularExpression("[A-Z]{2}")]
    public string Region { get; init; } = "BG";

    [Required, StringLength(255)]
    public string Description { get; init; } = "Remote qualified signatures, confirmed on the signer's phone";
}

/// <summary>What is agreed with one relying party.</summary>
internal sealed class ClientOptions
{
    /// <summary>Name that the signer sees on the phone; the client id if empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>The client pays for the signatures that it asks for (S1-15).</summary>
    public bool Pays { get; init; }

    /// <summary>Addresses that the client may give as <c>response_uri</c>, https, compared letter by letter.</summary>
    public IReadOnlyList<string> ResponseUris { get; init; } = [];
}
