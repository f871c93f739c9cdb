using Pechat.Signing.Transactions;

namespace Pechat.Signing.Tests.Transactions;

[TestFixture]
internal sealed class SadTests
{
    private readonly Sad _sad = new(new byte[32]);

    [Test, Property("Clause", "CSC API reference S-5")]
    public void Sad_is_always_the_same_and_tells_its_transaction()
    {
        var id = Guid.NewGuid();
        Assert.That(_sad.Of(id), Is.EqualTo(_sad.Of(id)).And.Length.EqualTo(64));
        Assert.That(_sad.Read(_sad.Of(id)), Is.EqualTo((id, 0)));
        Assert.That(_sad.Read(_sad.Of(id, 3)), Is.EqualTo((id, 3)), "a renewed one tells its version");
        Assert.That(_sad.Of(id, 3), Is.Not.EqualTo(_sad.Of(id, 4)));
    }

    [Test, Property("Clause", "CSC API reference 11.15 no. 182")]
    public void Any_changed_character_makes_it_unknown([Values(0, 1)] int version)
    {
        string sad = _sad.Of(Guid.NewGuid(), version);
        for (int i = 0; i < sad.Length; i++)
            Assert.That(_sad.Read(sad[..i] + (sad[i] == 'A' ? 'B' : 'A') + sad[(i + 1)..]), Is.Null);
        Assert.That(_sad.Read(""), Is.Null);
        Assert.That(_sad.Read(sad + "A"), Is.Null);
        Assert.That(_sad.Read(new string('é', 64)), Is.Null);
    }

    [Test]
    public void Another_key_makes_another_sad()
    {
        var id = Guid.NewGuid();
        Assert.That(new Sad([.. Enumerable.Repeat((byte)1, 32)]).Read(_sad.Of(id)), Is.Null);
    }
}
