using Microsoft.Playwright;
using NUnit.Framework.Interfaces;

namespace Pechat.SystemTests.Pages;

/// <summary>What all tests of pages share: nobody may have met an error, and a failure leaves pictures.</summary>
[NonParallelizable]
internal abstract class PageTests
{
    private readonly List<Visitor> _visitors = [];

    protected Citizen Citizen { get; private set; } = null!;

    /// <summary>Statuses that the test brings about on purpose.</summary>
    protected int[] ExpectedRefusals { get; set; } = [];

    [SetUp]
    public void Begin() => ExpectedRefusals = [];

    [TearDown]
    public async Task NobodyMetAnError()
    {
        string[] complaints = [.. _visitors.SelectMany(visitor => visitor.Complaints(ExpectedRefusals))];
        if (complaints.Length > 0 || TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
        {
            foreach ((Visitor visitor, int i) in _visitors.Select((visitor, i) => (visitor, i)))
                TestContext.AddTestAttachment(await visitor.PictureAsync($"failed-{TestContext.CurrentContext.Test.Name}-{i}"));
        }
        foreach (Visitor visitor in _visitors.Where(visitor => visitor != Citizen?.Phone))
            await visitor.DisposeAsync();
        _visitors.Clear();
        Assert.That(complaints, Is.Empty);
    }

    protected async Task<Citizen> NewCitizenAsync()
    {
        Citizen citizen = await Citizen.NewAsync();
        _visitors.Add(citizen.Phone);
        return citizen;
    }

    /// <summary>The citizen with a certificate, whose phone stays open for the next test.</summary>
    protected async Task<Citizen> EnrolledCitizenAsync()
    {
        Citizen = await Citizen.EnrolledAsync();
        _visitors.Add(Citizen.Phone);
        return Citizen;
    }

    protected async Task<Visitor> AtThePortalAsync(string locale = "en", ColorScheme scheme = ColorScheme.Light)
    {
        Visitor visitor = await Visitor.ComeAsync(WholeHouse.Layout.PublicBase, locale: locale, scheme: scheme);
        _visitors.Add(visitor);
        return visitor;
    }
}
