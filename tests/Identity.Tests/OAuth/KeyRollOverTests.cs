using System.Security.Cryptography;
using Pechat.Hosting.Jose;
using Pechat.Identity.OAuth;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class KeyRollOverTests
{
    private readonly TestClock _clock = new();
    private string _directory = "";
    private EcPublicKey _first = null!, _second = null!;

    [SetUp]
    public void MakeKeys()
    {
        _directory = Directory.CreateTempSubdirectory().FullName;
        (_first, _second) = (Make("first"), Make("second"));
    }

    [TearDown]
    public void Remove() => Directory.Delete(_directory, recursive: true);

    private EcPublicKey Make(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(_directory, name), key.ExportPkcs8PrivateKeyPem());
        return EcPublicKey.From(key);
    }

    [Test]
    public void The_next_key_is_published_before_it_signs_and_the_last_one_until_its_tokens_have_expired()
    {
        using var keys = new SigningKeys(new()
        {
            TokenKeyFile = Path.Combine(_directory, "first"), SecondTokenKeyFile = Path.Combine(_directory, "second"),
            SecondTokenKeySignsFrom = _clock.GetUtcNow().AddMinutes(30),
        }, _clock);
        CompactJws before = CompactJws.Parse(keys.Sign(new { a = 1 }, "at+jwt"));
        Assert.That((before.KeyId, before.IsSignedBy(_first)), Is.EqualTo((_first.Thumbprint, true)));
        Assert.That(keys.Published, Is.EqualTo(new[] { _first, _second }));
        Assert.That(keys.Jwks, Does.Contain(_second.Thumbprint).And.Contain(_first.Thumbprint).And.Not.Contain("\"d\""));

        _clock.Advance(TimeSpan.FromMinutes(31));
        CompactJws after = CompactJws.Parse(keys.Sign(new { a = 1 }, "at+jwt"));
        Assert.That((after.KeyId, after.IsSignedBy(_second)), Is.EqualTo((_second.Thumbprint, true)));
        Assert.That(keys.Published, Is.EqualTo(new[] { _second, _first }));

        _clock.Advance(TimeSpan.FromMinutes(55)); // tokens of the last minute live four more
        Assert.That(keys.Published, Does.Contain(_first));
        _clock.Advance(TimeSpan.FromMinutes(15));
        Assert.That(keys.Published, Is.EqualTo(new[] { _second }));
    }

    [Test]
    public void Without_a_time_the_second_key_never_signs()
    {
        using var keys = new SigningKeys(new() { TokenKeyFile = Path.Combine(_directory, "first"), SecondTokenKeyFile = Path.Combine(_directory, "second") }, _clock);
        _clock.Advance(TimeSpan.FromDays(400));
        Assert.That(CompactJws.Parse(keys.Sign(new { a = 1 }, "at+jwt")).KeyId, Is.EqualTo(_first.Thumbprint));
        Assert.That(keys.Published, Has.Count.EqualTo(2));
    }
}
