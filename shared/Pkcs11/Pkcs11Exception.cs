using System.Text;

namespace Pechat.Pkcs11;

/// <summary>A PKCS#11 function refused or failed.</summary>
/// <param name="function">The function, e.g. <c>C_Sign</c>.</param>
/// <param name="result">What it answered.</param>
/// <param name="detail">What else helps the operator; holds no secret.</param>
#pragma warning disable CA1032 // Without function and return value the exception would be meaningless.
public sealed class Pkcs11Exception(string function, ReturnValue result, string? detail = null)
    : Exception($"{function}: {NameOf(result)} (0x{(ulong)result:X}){(detail is null ? "" : $": {detail}")}")
#pragma warning restore CA1032
{
    /// <summary>The function that answered, e.g. <c>C_Sign</c>.</summary>
    public string Function { get; } = function;

    /// <summary>What it answered.</summary>
    public ReturnValue Result { get; } = result;

    /// <summary>The device or the log-in went away: the pool heals this by logging in again, and the call may be repeated.</summary>
    public bool IsSessionLoss => Result is ReturnValue.DeviceRemoved or ReturnValue.DeviceError or ReturnValue.TokenNotPresent
        or ReturnValue.TokenNotRecognized or ReturnValue.SessionClosed or ReturnValue.SessionHandleInvalid
        or ReturnValue.UserNotLoggedIn or ReturnValue.CryptokiNotInitialized or ReturnValue.SlotIdInvalid;

    /// <summary>The key handle is dead; a session key must be unwrapped again.</summary>
    public bool IsKeyLoss => Result is ReturnValue.KeyHandleInvalid or ReturnValue.ObjectHandleInvalid;

    /// <summary>The standard's name of a return value, e.g. <c>CKR_DEVICE_REMOVED</c>.</summary>
    public static string NameOf(ReturnValue result)
    {
        string? member = Enum.GetName(result);
        if (member is null)
            return (ulong)result >= 0x80000000 ? "CKR_VENDOR_DEFINED" : "CKR_UNKNOWN";
        var name = new StringBuilder("CKR");
        foreach (char c in member)
        {
            if (char.IsAsciiLetterUpper(c) || (char.IsAsciiDigit(c) && !char.IsAsciiDigit(name[^1])))
                name.Append('_');
            name.Append(char.ToUpperInvariant(c));
        }
        return name.ToString();
    }
}
