namespace Pechat.Pkcs11;

/// <summary>How a pool reaches its token.</summary>
/// <param name="TokenLabel">CKA_LABEL of the token.</param>
/// <param name="Pin">User PIN; kept, because a restarted token wants it again.</param>
public sealed record TokenPoolOptions(string TokenLabel, string Pin)
{
    /// <summary>Sessions to open, and so the number of calls under way at once.</summary>
    public int Sessions { get; init; } = 8;

    /// <summary>Callers that may wait for a session; further ones are refused with <see cref="TokenBusyException"/>.</summary>
    public int QueueLimit { get; init; } = 1024;

    /// <summary>How long a caller waits for a session at most.</summary>
    public TimeSpan QueueDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After a failed healing, how long calls fail at once before the next attempt.</summary>
    public TimeSpan HealingPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Prints the token's label and never the PIN.</summary>
    public override string ToString() => $"token {TokenLabel}";
}

/// <summary>Who goes first when callers wait for a session.</summary>
public enum TokenPriority
{
    /// <summary>Somebody waits for a signature.</summary>
    Interactive,

    /// <summary>The ordinary case.</summary>
    Normal,

    /// <summary>Work nobody waits for, such as generating keys ahead.</summary>
    Background,
}
