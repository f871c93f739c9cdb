using System.Globalization;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

internal static class StatusText
{
    private static readonly string[] Codes = [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    internal static string Of(StatusCode code) => Codes[(uint)code < (uint)Codes.Length ? (int)code : (int)StatusCode.Unknown];
}
