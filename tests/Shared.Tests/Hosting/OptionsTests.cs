using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Pechat.Hosting;
using Range = System.ComponentModel.DataAnnotations.RangeAttribute;

namespace Pechat.Shared.Tests.Hosting;

public sealed class OptionsTests
{
    private sealed class Inner
    {
        [Range(1, 9)]
        public int Level { get; init; } = 1;
    }

    private sealed class Sample : IValidatableObject
    {
        public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

        [Range(1, 100)]
        public int Size { get; init; } = 10;

        public IReadOnlyList<string> Names { get; init; } = [];

        public Dictionary<string, Inner> Parts { get; init; } = [];

        public int From { get; init; }

        public int Until { get; init; } = 10;

        public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        {
            if (From > Until)
                yield return new("must not lie behind Until", [nameof(From)]);
        }
    }

    [Test]
    public void Defaults_stand_where_the_section_is_silent()
    {
        Sample sample = Read();
        Assert.That((sample.Lifetime, sample.Size), Is.EqualTo((TimeSpan.FromMinutes(5), 10)));
    }

    [Test]
    public void Values_are_read_whatever_the_case_of_their_keys()
    {
        Sample sample = Read(("lifetime", "00:01:00"), ("Names:0", "a"), ("Names:1", "b"), ("Parts:x:Level", "3"));
        Assert.That(sample.Lifetime, Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(sample.Names, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(sample.Parts["x"].Level, Is.EqualTo(3));
    }

    [Test]
    public void Everything_that_is_wrong_with_keys_and_types_is_reported_at_once_without_its_value()
    {
        var refused = Assert.Throws<ConfigurationException>(() =>
            Read(("Sise", "1"), ("Lifetime", "secret-value"), ("Parts:x:Depth", "1"), ("Size", "many")))!;
        Assert.That(refused.Problems, Is.EquivalentTo(new[]
        {
            "Sample:Sise: unknown key", "Sample:Lifetime: is no TimeSpan", "Sample:Parts:x:Depth: unknown key", "Sample:Size: is no Int32",
        }));
        Assert.That(refused.Message, Does.Not.Contain("secret-value"));
    }

    [Test]
    public void Everything_that_is_wrong_with_values_is_reported_at_once()
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(("Size", "0"), ("Parts:x:Level", "77")))!;
        Assert.That(refused.Problems.Select(p => p[..p.LastIndexOf(':')]), Is.EquivalentTo(new[] { "Sample:Size", "Sample:Parts:x:Level" }));
    }

    [Test]
    public void What_spans_several_keys_is_checked() =>
        Assert.That(() => Read(("From", "11")), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("Sample:From: must not lie behind Until"));

    private static Sample Read(params (string Key, string Value)[] values) => ValidatedOptions.Read<Sample>(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create("Sample:" + v.Key, (string?)v.Value))).Build(), "Sample");
}
