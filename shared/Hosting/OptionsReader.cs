using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Pechat.Hosting;

/// <summary>Reads one section into an options object and collects everything that is wrong with it.</summary>
internal static class OptionsReader
{
    /// <summary>The object, or null when <paramref name="problems"/> gained entries.</summary>
    internal static object? Read(Type type, IConfigurationSection section, List<string> problems)
    {
        int before = problems.Count;
        CheckKeys(type, section, problems);
        if (problems.Count > before)
            return null;
        object options;
        try
        {
            options = section.Get(type) ?? Activator.CreateInstance(type)!;
        }
        catch (InvalidOperationException) // values were converted one by one above, so only the shape is left to be wrong
        {
            problems.Add($"{section.Path}: has not the shape of {type.Name}");
            return null;
        }
        Validate(options, section.Path, problems);
        return problems.Count > before ? null : options;
    }

    private static void CheckKeys(Type type, IConfigurationSection section, List<string> problems)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (IsLeaf(type))
        {
            CheckLeaf(type, section, problems);
        }
        else if (ElementType(type) is { } element)
        {
            foreach (IConfigurationSection child in section.GetChildren())
                CheckKeys(element, child, problems);
        }
        else
        {
            var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)
                .ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
            foreach (IConfigurationSection child in section.GetChildren())
            {
                if (properties.TryGetValue(child.Key, out PropertyInfo? property))
                    CheckKeys(property.PropertyType, child, problems);
                else
                    problems.Add($"{child.Path}: unknown key");
            }
        }
    }

    private static void CheckLeaf(Type type, IConfigurationSection section, List<string> problems)
    {
        if (section.GetChildren().Any())
        {
            problems.Add($"{section.Path}: must be a single value");
            return;
        }
        try
        {
            _ = section.Get(type);
        }
        catch (InvalidOperationException)
        {
            problems.Add($"{section.Path}: is no {type.Name}");
        }
    }

    private static bool IsLeaf(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(Uri) || type == typeof(byte[])
        || System.ComponentModel.TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));

    // Of a list or array its elements, of a dictionary its values.
    private static Type? ElementType(Type type)
    {
        if (type.IsArray)
            return type.GetElementType();
        if (!typeof(IEnumerable).IsAssignableFrom(type) || !type.IsGenericType)
            return null;
        return type.GetGenericArguments()[^1];
    }

    private static void Validate(object options, string path, List<string> problems)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        foreach (ValidationResult result in results)
        {
            string members = string.Join(", ", result.MemberNames.Select(m => $"{path}:{m}"));
            problems.Add($"{(members.Length == 0 ? path : members)}: {result.ErrorMessage}");
        }
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length > 0 || property.GetValue(options) is not { } value || IsLeaf(property.PropertyType))
                continue;
            if (value is IDictionary entries)
            {
                foreach (DictionaryEntry entry in entries)
                    ValidateNested(entry.Value, $"{path}:{property.Name}:{entry.Key}", problems);
            }
            else if (value is IEnumerable items)
            {
                int index = 0;
                foreach (object? item in items)
                    ValidateNested(item, $"{path}:{property.Name}:{(index++).ToString(CultureInfo.InvariantCulture)}", problems);
            }
            else
            {
                ValidateNested(value, $"{path}:{property.Name}", problems);
            }
        }
    }

    private static void ValidateNested(object? value, string path, List<string> problems)
    {
        if (value is not null && !IsLeaf(value.GetType()))
            Validate(value, path, problems);
    }
}
