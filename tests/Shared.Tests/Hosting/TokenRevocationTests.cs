using Microsoft.Extensions.Logging.Abstractions;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

internal sealed class TokenRevocationTests : IRevocationSource
{
    private static readonly Guid Token = Guid.NewGuid();
    private readonly TestClock _clock = new();
    private List<TokenRevocation> _revoked = [];
    private List<DateTimeOffset?> _asked = [];
    private bool _down;
    private TokenRevocations _revocations = null!;

    [SetUp]
    public void Start()
    {
        (_revoked, _asked, _down) = ([], [], false);
        _revocations = new(this, _clock, NullLogger<TokenRevocations>.Instance);
    }

    Task<RevocationList> IRevocationSource.ReadAsync(DateTimeOffset? since, CancellationToken ct)
    {
        _asked.Add(since);
        return _down ? Task.FromException<RevocationList>(new HttpRequestException("down")) : Task.FromResult(new RevocationList(_clock.GetUtcNow(), [.. _revoked]));
    }

    private async Task<bool> Revoked() => await _revocations.AnyAsync([Guid.NewGuid(), Token], null, _clock.GetUtcNow(), CancellationToken.None);

    private void Revoke(TimeSpan lifetime) => _revoked.Add(new(Token, _clock.GetUtcNow() + lifetime, _clock.GetUtcNow()));

    [Test]
    public async Task A_revocation_is_known_as_soon_as_the_list_is_older_than_its_maximum_age()
    {
        Assert.That(await Revoked(), Is.False);
        Revoke(TimeSpan.FromHours(1));
        _clock.Advance(TokenRevocations.MaxAge);
        Assert.That(await Revoked(), Is.True);
    }

    [Test]
    public async Task The_second_list_is_only_what_came_since_the_first_with_an_overlap()
    {
        await Revoked();
        DateTimeOffset first = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMinutes(10));
        await Revoked();
        Assert.That(_asked, Has.Count.EqualTo(2));
        Assert.That(_asked[0], Is.Null);
        Assert.That(_asked[1], Is.LessThan(first.AddSeconds(-30)).And.GreaterThan(first.AddMinutes(-2)));
    }

    [Test]
    public async Task A_revocation_outlives_the_list_that_brought_it()
    {
        Revoke(TimeSpan.FromHours(1));
        Assert.That(await Revoked(), Is.True);
        _revoked.Clear(); // the next answers hold only what is new
        _clock.Advance(TimeSpan.FromMinutes(30));
        Assert.That(await Revoked(), Is.True);
    }

    [Test]
    public async Task While_identity_is_away_the_last_list_counts_for_five_minutes_and_then_nothing_passes()
    {
        Revoke(TimeSpan.FromHours(1));
        Assert.That(await Revoked(), Is.True);
        _down = true;
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.That(await Revoked(), Is.True);
        Assert.That(await _revocations.AnyAsync([Guid.NewGuid()], null, _clock.GetUtcNow(), CancellationToken.None), Is.False);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(async () => await Revoked(), Throws.InstanceOf<FaultException>().With.Property(nameof(FaultException.Kind)).EqualTo(FaultKind.Unavailable));
        _down = false;
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await Revoked(), Is.True, "it recovers by itself");
    }

    [Test]
    public async Task A_phone_that_counts_again_gets_tokens_that_count()
    {
        DateTimeOffset before = _clock.GetUtcNow();
        Revoke(TimeSpan.FromHours(1));
        Assert.That(await _revocations.AnyAsync([], Token, before, CancellationToken.None), Is.True);
        Assert.That(await _revocations.AnyAsync([], Token, before.AddSeconds(10), CancellationToken.None), Is.False);
        Assert.That(await _revocations.AnyAsync([Token], null, before.AddSeconds(10), CancellationToken.None), Is.True, "a session or a token does not come back");
    }

    [Test]
    public void Without_any_list_nothing_passes()
    {
        _down = true;
        Assert.That(async () => await Revoked(), Throws.InstanceOf<FaultException>());
    }
}
