using Microsoft.AspNetCore.Http.Features;
using Pechat.Contracts;

namespace Pechat.Validation.Documents;

/// <summary>Reads the document of a request: the body itself, or the one file of a form.</summary>
internal static class UploadedDocument
{
    private const int FormOverhead = 64 * 1024;

    internal static async Task<byte[]> ReadAsync(HttpContext context, int maxBytes, CancellationToken ct)
    {
        HttpRequest request = context.Request;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maxBytes + FormOverhead;
        byte[] document = request.HasFormContentType ? await ReadFormAsync(request, ct)
            : request.ContentType?.Split(';')[0].Trim() == "application/pdf" ? await ReadAllAsync(request.Body, ct)
            : throw new BadHttpRequestException("The body must be application/pdf or multipart/form-data.", StatusCodes.Status415UnsupportedMediaType);
        if (document.Length > maxBytes)
            throw new BadHttpRequestException("The document is too large.", StatusCodes.Status413PayloadTooLarge);
        return document.Length > 0 ? document : throw FaultException.Invalid("invalid_request", "there is no document in the request");
    }

    private static async Task<byte[]> ReadFormAsync(HttpRequest request, CancellationToken ct)
    {
        try
        {
            IFormCollection form = await request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = long.MaxValue, ValueCountLimit = 16 }, ct);
            if (form.Files.Count != 1)
                throw FaultException.Invalid("invalid_request", "the form must hold exactly one file");
            await using Stream file = form.Files[0].OpenReadStream();
            return await ReadAllAsync(file, ct);
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException and not BadHttpRequestException)) // a boundary that never comes
        {
            throw FaultException.Invalid("invalid_request", "the form is malformed");
        }
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer, ct); // the server stops at the limit of the body
        return buffer.ToArray();
    }
}
