using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Pechat.DevHost;
using Pechat.DevHost.Setup;

namespace Pechat.Benchmarks.Sign;

/// <summary>One connection of the load generator: TLS to the gateway, HTTP/1.1 kept alive, one request at a time.</summary>
internal sealed class Connection : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _credentialId, _signAlgorithm;
    private byte[] _body = new byte[1024];
    private int _length;

    internal Connection(Layout layout, Signer signer)
    {
        (_credentialId, _signAlgorithm) = (signer.CredentialId, signer.Kind.SignAlgorithm);
        X509Certificate2 root = X509CertificateLoader.LoadCertificateFromFile(DevelopmentCertificates.TlsRoot(layout));
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseCookies = false, UseProxy = false, ActivityHeadersPropagator = null };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { root },
            RevocationMode = X509RevocationMode.NoCheck, // a development certificate has no CRL
        };
        _http = new HttpClient(handler) { BaseAddress = layout.PublicBase };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", signer.Token);
    }

    /// <summary>Asks for signatures of these digests.</summary>
    /// <returns>The signatures, as many as digests.</returns>
    /// <exception cref="LoadException">Another answer.</exception>
    internal async Task<ReadOnlyMemory<byte>> SignAsync(string sad, ArraySegment<byte[]> digests, CancellationToken ct)
    {
        WriteBody(sad, digests);
        using var content = new ReadOnlyMemoryContent(_body.AsMemory(0, _length));
        content.Headers.ContentType = Json;
        try
        {
            using HttpResponseMessage answer = await _http.PostAsync(Path, content, ct);
            byte[] text = await answer.Content.ReadAsByteArrayAsync(ct);
            if (!answer.IsSuccessStatusCode)
                throw new LoadException($"{(int)answer.StatusCode} {Encoding.UTF8.GetString(text)}");
            int count = Count(text);
            return count == digests.Count ? text : throw new LoadException($"{digests.Count} digests were answered by {count} signatures");
        }
        catch (HttpRequestException failure)
        {
            throw new LoadException(failure.Message, failure);
        }
    }

    /// <summary>The n-th signature of an answer.</summary>
    internal static byte[] Signature(ReadOnlyMemory<byte> answer, int index)
    {
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.GetProperty("signatures")[index].GetBytesFromBase64();
    }

    public void Dispose() => _http.Dispose();

    private static readonly Uri Path = new("/csc/v2/signatures/signHash", UriKind.Relative);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Counts the texts in the array <c>signatures</c>.</summary>
    private static int Count(ReadOnlySpan<byte> answer)
    {
        var reader = new Utf8JsonReader(answer);
        int count = 0;
        bool inside = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
                inside = reader.ValueTextEquals("signatures"u8);
            else if (inside && reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0)
                count++;
        }
        return count;
    }

    private void WriteBody(string sad, ArraySegment<byte[]> digests)
    {
        _length = 0;
        Write($"{{\"credentialID\":\"{_credentialId}\",\"SAD\":\"{sad}\",\"hashAlgorithmOID\":\"2.16.840.1.101.3.4.2.1\",\"signAlgo\":\"{_signAlgorithm}\",\"hashes\":[");
        for (int i = 0; i < digests.Count; i++)
        {
            Write(i == 0 ? "\"" : ",\"");
            Grow(Base64.GetMaxEncodedToUtf8Length(digests[i].Length));
            Base64.EncodeToUtf8(digests[i], _body.AsSpan(_length), out _, out int written);
            _length += written;
            Write("\"");
        }
        Write("]}");
    }

    private void Write(string text)
    {
        Grow(text.Length);
        _length += Encoding.ASCII.GetBytes(text, _body.AsSpan(_length));
    }

    private void Grow(int more)
    {
        if (_length + more > _body.Length)
            Array.Resize(ref _body, Math.Max(_body.Length * 2, _length + more));
    }
}

/// <summary>A request was not answered as it must be.</summary>
#pragma warning disable CA1032 // The message is the whole of it.
internal sealed class LoadException(string message, Exception? inner = null) : Exception(message, inner);
#pragma warning restore CA1032
