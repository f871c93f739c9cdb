using NUnit.Framework;

namespace Pechat.Testing;

/// <summary>Marks a test that proves a row of the requirements: when the test fails, the row is broken.</summary>
/// <param name="id">The row, e.g. <c>S1-9</c>.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class RequirementAttribute(string id) : PropertyAttribute("Requirement", id)
{
    /// <summary>The row.</summary>
    public string Id { get; } = id;
}
