namespace Pechat.DevHost;

/// <summary>What the scripted phone does with a request.</summary>
public enum PhoneHabit
{
    /// <summary>Confirms it after a second.</summary>
    Confirm,

    /// <summary>Declines it after a second.</summary>
    Decline,

    /// <summary>Leaves it lying until it expires.</summary>
    Ignore,
}
