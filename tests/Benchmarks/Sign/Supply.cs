using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Pechat.Benchmarks.Sign;

/// <summary>Digests that the signer has confirmed on the phone with one activation, taken from the front.</summary>
internal sealed class Authorisation(string sad, byte[][] digests)
{
    private int _used;

    internal string Sad => sad;

    internal int Left => digests.Length - _used;

    internal ArraySegment<byte[]> Take(int count)
    {
        var taken = new ArraySegment<byte[]>(digests, _used, count);
        _used += count;
        return taken;
    }
}

/// <summary>Confirmed digests of a signer. They go the real way: authorize, phone, activation, authorizeCheck.</summary>
internal sealed class Supply(Signer signer)
{
    /// <summary>The most that one activation takes.</summary>
    private const int PerTransaction = 1000;

    private const int AtOnce = 8;
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    private readonly ConcurrentQueue<Authorisation> _ready = new();

    /// <summary>Digests that wait to be signed.</summary>
    internal int Ready => _ready.Sum(each => each.Left);

    /// <summary>Gives a connection something to sign; null when everything has been used.</summary>
    internal Authorisation? Next() => _ready.TryDequeue(out Authorisation? next) ? next : null;

    /// <summary>Takes back what a connection has not used up.</summary>
    internal void Return(Authorisation rest) => _ready.Enqueue(rest);

    /// <summary>Makes sure that so many digests wait.</summary>
    internal async Task PrepareAsync(int digests, Action<string> tell, CancellationToken ct)
    {
        int missing = (digests - Ready + PerTransaction - 1) / PerTransaction, all = missing;
        while (missing > 0)
        {
            int round = Math.Min(missing, AtOnce);
            (string Handle, byte[][] Digests)[] open = await Task.WhenAll(Enumerable.Range(0, round).Select(_ => AskAsync(ct)));
            JsonArray requests = await signer.Phone.RequestsAsync(ct);
            HashSet<string> ours = [.. open.Select(each => each.Handle)];
            await Task.WhenAll(requests.Where(request => ours.Contains((string)request!["transactionId"]!)).Select(request => signer.Phone.ConfirmSigningAsync(request!, ct)));
            foreach ((string handle, byte[][] each) in open)
            {
                JsonNode answer = await CallAsync("credentials/authorizeCheck", new() { ["handle"] = handle }, ct);
                _ready.Enqueue(new Authorisation((string?)answer["SAD"] ?? throw new InvalidOperationException("the phone's confirmation had no effect"), each));
            }
            missing -= round;
            tell($"{all - missing} of {all} activations confirmed on the phone");
        }
    }

    private async Task<(string Handle, byte[][] Digests)> AskAsync(CancellationToken ct)
    {
        byte[][] digests = [.. Enumerable.Range(0, PerTransaction).Select(_ => RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes))];
        JsonNode pending = await CallAsync("credentials/authorize", new()
        {
            ["credentialID"] = signer.CredentialId,
            ["numSignatures"] = digests.Length,
            ["hashes"] = new JsonArray([.. digests.Select(digest => (JsonNode)Convert.ToBase64String(digest))]),
            ["hashAlgorithmOID"] = Sha256,
            ["description"] = "Benchmark",
        }, ct);
        return ((string)pending["handle"]!, digests);
    }

    private Task<JsonNode> CallAsync(string method, JsonObject body, CancellationToken ct) => signer.Door.PostAsync($"/csc/v2/{method}", body, signer.Token, ct);
}
