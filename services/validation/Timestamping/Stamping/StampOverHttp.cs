using Pechat.Contracts;

namespace Pechat.Timestamping.Stamping;

/// <summary>RFC 3161 §3.4: time stamps over HTTP.</summary>
internal static class StampOverHttp
{
    internal const string Query = "application/timestamp-query";
    internal const string Reply = "application/timestamp-reply";

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/tsa", Handle).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(Stamp.MaxRequestBytes));

    internal static async Task<IResult> Handle(HttpRequest request, Stamp stamp, CancellationToken ct)
    {
        if (!string.Equals(request.ContentType?.Split(';')[0].Trim(), Query, StringComparison.OrdinalIgnoreCase))
            return Results.Problem(statusCode: StatusCodes.Status415UnsupportedMediaType, detail: $"Content-Type must be {Query}");
        if (request.ContentLength > Stamp.MaxRequestBytes)
            throw new BadHttpRequestException($"a request has at most {Stamp.MaxRequestBytes} bytes", StatusCodes.Status413PayloadTooLarge);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        if (body.Length == 0)
            throw FaultException.Invalid("empty_request", "the body must be a DER TimeStampReq");
        return Results.Bytes(await stamp.AnswerAsync(body.ToArray(), ct), Reply); // 200 for refusals too
    }
}
