using System.Globalization;
using System.Security.Cryptography;

namespace Pechat.DevHost.MainJob;

/// <summary>An invented person, another one at every run, because a profile belongs to one person for life.</summary>
internal sealed record DemoPerson(string Email, string Phone, string DocumentNumber, DateOnly DateOfBirth, string NationalId)
{
    public const string GivenName = "Мария";
    public const string Surname = "Примерова";

    private static readonly DateOnly Oldest = new(1940, 1, 1), Youngest = new(1999, 12, 31); // one century, in which the EGN's month is the month

    private static ReadOnlySpan<int> EgnWeights => [2, 4, 8, 5, 10, 9, 7, 3, 6];

    public static DemoPerson Invent()
    {
        string digits = RandomNumberGenerator.GetString("0123456789", 7);
        DateOnly birth = Oldest.AddDays(RandomNumberGenerator.GetInt32(Youngest.DayNumber - Oldest.DayNumber + 1));
        return new($"demo-{digits}@example.com", $"+35988{digits}", $"64{digits}", birth, Egn(birth));
    }

    /// <summary>A Bulgarian personal number: date of birth, three digits, check digit.</summary>
    private static string Egn(DateOnly birth)
    {
        string digits = birth.ToString("yyMMdd", CultureInfo.InvariantCulture) + RandomNumberGenerator.GetString("0123456789", 3);
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
            sum += EgnWeights[i] * (digits[i] - '0');
        return $"{digits}{sum % 11 % 10}";
    }
}
