using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pechat.Authenticator.Tests;

/// <summary>What the app's JavaScript makes, run by Node with the same WebCrypto as a browser, is read here by the base class library.</summary>
internal sealed class JoseTests
{
    [Test, Property("Clause", "RFC 7515 §3.1, RFC 7518 §3.4")]
    public void Signed_payload_verifies_under_the_device_key()
    {
        JsonElement made = Run("""
            const keys = await jose.newDeviceKey();
            print({ jwk: await jose.publicJwk(keys), jws: await jose.signJws(keys.privateKey, 'device-1', { text: 'подпис', count: 2 }) });
            """);
        string[] parts = made.GetProperty("jws").GetString()!.Split('.');
        using ECDsa key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = Point(made.GetProperty("jwk")) });
        Assert.Multiple(() =>
        {
            Assert.That(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256), Is.True);
            Assert.That(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])), Is.EqualTo("""{"alg":"ES256","kid":"device-1"}"""));
            Assert.That(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])), Is.EqualTo("""{"text":"подпис","count":2}"""));
        });
    }

    [Test, Property("Clause", "RFC 7638 §3.1")]
    public void Thumbprint_hashes_the_required_members_in_order()
    {
        JsonElement made = Run("""print({ thumbprint: await jose.thumbprint({ kty: 'EC', y: 'Yg', x: 'WA', crv: 'P-256', kid: 'ignored' }) });""");
        byte[] expected = SHA256.HashData("""{"crv":"P-256","kty":"EC","x":"WA","y":"Yg"}"""u8);
        Assert.That(made.GetProperty("thumbprint").GetString(), Is.EqualTo(Base64Url.EncodeToString(expected)));
    }

    [Test, Property("Clause", "RFC 7516 §3.1, RFC 7518 §4.6")]
    public void Encrypted_pin_is_read_by_the_holder_of_the_key_only()
    {
        using ECDiffieHellman recipient = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        ECPoint q = recipient.ExportParameters(false).Q;
        string jwk = $$"""{ kty: 'EC', crv: 'P-256', kid: 'sam-1', x: '{{Base64Url.EncodeToString(q.X)}}', y: '{{Base64Url.EncodeToString(q.Y)}}' }""";
        string[] parts = Run($$"""print({ jwe: await jose.encryptJwe({{jwk}}, { pin: '135790', challenge: 'abc' }) });""").GetProperty("jwe").GetString()!.Split('.');
        JsonElement header = JsonElement.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])));
        Assert.That(header.GetProperty("kid").GetString(), Is.EqualTo("sam-1"));
        using ECDiffieHellman ephemeral = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = Point(header.GetProperty("epk")) });
        byte[] other = [0, 0, 0, 7, .. "A256GCM"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
        byte[] key = SHA256.HashData([0, 0, 0, 1, .. recipient.DeriveRawSecretAgreement(ephemeral.PublicKey), .. other]);
        byte[] sealedText = Base64Url.DecodeFromChars(parts[3]);
        byte[] plain = new byte[sealedText.Length];
        using var aes = new AesGcm(key, 16);
        aes.Decrypt(Base64Url.DecodeFromChars(parts[2]), sealedText, Base64Url.DecodeFromChars(parts[4]), plain, Encoding.ASCII.GetBytes(parts[0]));
        Assert.That(Encoding.UTF8.GetString(plain), Is.EqualTo("""{"pin":"135790","challenge":"abc"}"""));
        Assert.That(parts[1], Is.Empty, "direct key agreement has no encrypted key");
    }

    [Test]
    public void Canonical_text_is_rebuilt_from_what_is_shown()
    {
        JsonElement made = Run("""
            print({ text: phone.canonicalText({
              displayed: 'not used', transactionId: 't', client: { id: 'c', name: 'shown' }, description: 'Договор "А"', kind: 'DTBSR', credentialId: 'k',
              documents: [{ name: 'a.pdf', digest: 'AA', hashAlgorithm: '2.16.840.1.101.3.4.2.1' }] }) });
            """);
        Assert.That(made.GetProperty("text").GetString(), Is.EqualTo(
            """{"transaction":"t","client":"c","description":"Договор \"А\"","kind":"DTBSR","hash_algorithm":"2.16.840.1.101.3.4.2.1","documents":[{"name":"a.pdf","digest":"AA"}],"credential":"k"}"""));
    }

    [Test]
    public void Every_text_exists_in_both_languages()
    {
        JsonElement made = Run("""
            const fs = await import('node:fs');
            const source = fs.readFileSync(process.argv[2] + '/texts.js', 'utf8');
            const pairs = [...source.matchAll(/^  (\w+): \[(['"])(.*?)\2,\s+(['"])(.*?)\4\],$/gm)].map(m => [m[1], m[3], m[5]]);
            const used = new Set();
            for (const file of fs.readdirSync(process.argv[2], { recursive: true }).filter(name => name.endsWith('.js')))
              for (const m of fs.readFileSync(`${process.argv[2]}/${file}`, 'utf8').matchAll(/\btext\('(\w+)'/g)) used.add(m[1]);
            print({ missing: [...used].filter(name => !pairs.some(([key, bg, en]) => key === name && bg && en)), count: pairs.length });
            """);
        Assert.Multiple(() =>
        {
            Assert.That(made.GetProperty("missing").EnumerateArray(), Is.Empty);
            Assert.That(made.GetProperty("count").GetInt32(), Is.GreaterThan(50));
        });
    }

    private static ECPoint Point(JsonElement jwk) => new()
    {
        X = Base64Url.DecodeFromChars(jwk.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(jwk.GetProperty("y").GetString()),
    };

    private static JsonElement Run(string script)
    {
        string module = $$"""
            const jose = await import('file://' + process.argv[2] + '/jose.js');
            const phone = await import('file://' + process.argv[2] + '/phone.js');
            const print = value => console.log(JSON.stringify(value));
            {{script}}
            """;
        string file = Path.Combine(Path.GetTempPath(), $"pechat-jose-{Guid.NewGuid():N}.mjs");
        File.WriteAllText(file, module);
        try
        {
            // The app's files say nothing of being modules to Node; a browser is told by the page.
            var start = new ProcessStartInfo("node", ["--experimental-default-type=module", file, AppFiles.Folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, () => errors.Result);
            return JsonElement.Parse(output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
